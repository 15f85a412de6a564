"""TikTok accounts that people linked, their followers over time, and TikTok's webhooks about them."""

from django.db import models
from django.utils.translation import gettext

from accounts import identifiers
from accounts.models.people import User
from accounts.names import is_visible
from privacy.declarations.columns import Column, Kind, Sought, personal, plain
from privacy.models import PersonalData

_ID_END = 4
"""Characters of an id that tell a person's accounts without names apart."""


class TikTokAccount(PersonalData):
    """A creator's TikTok account, linked by its owner. Profile and counts are None where the scope was declined."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the account's row here")}

    class Platform(models.TextChoices):
        TIKTOK = "tiktok"
        # posts come from the person's own files and programs alone: nothing is ever fetched
        FILE = "file"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.account_id, editable=False),
        "The account's id in this service's pages and API",
        identifying=True,
        sought=Sought.INSIDE,
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tiktok_accounts")
    personal(user, "The person who linked it")
    platform = personal(
        models.CharField(max_length=8, choices=Platform, default=Platform.TIKTOK, db_default=Platform.TIKTOK),
        "Where its posts come from: TikTok itself, or only the files that you bring",
    )
    open_id = personal(
        models.CharField(max_length=128, unique=True),
        "TikTok's id of the account for this service",
        identifying=True,
        sought=Sought.INSIDE,
    )
    union_id = personal(
        models.CharField(max_length=128, blank=True),
        "TikTok's id of the account for all services of whoever runs this one",
        identifying=True,
        sought=Sought.INSIDE,
    )
    display_name = personal(models.CharField(max_length=255, blank=True), "The name that TikTok shows", called=True)
    username = personal(models.CharField(max_length=255, blank=True), "The user name on TikTok", called=True)
    is_verified = personal(models.BooleanField(null=True), "Whether TikTok verified the account")
    follower_count = personal(models.BigIntegerField(null=True), "Followers when last fetched")
    following_count = personal(models.BigIntegerField(null=True), "Accounts followed when last fetched")
    likes_count = personal(models.BigIntegerField(null=True), "Likes of all posts when last fetched")
    video_count = personal(models.BigIntegerField(null=True), "Public posts when last fetched")
    profile_fetched_at = personal(models.DateTimeField(null=True), "When these were last fetched")
    time_zone = personal(
        models.CharField(
            max_length=64,
            blank=True,
            default="",
            db_default="",
            help_text="IANA name; empty: worked out from the hours of the posts.",
        ),
        "The time zone that you chose; empty if you chose none",
    )
    connected_at = personal(models.DateTimeField(), "When you last connected the account")
    disconnected_at = personal(models.DateTimeField(null=True), "When it was disconnected; empty while it is connected")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you first connected it")

    class Meta:
        verbose_name = "TikTok account"
        ordering = ["id"]
        permissions = [("see_identity", "Can see names and TikTok's ids")]

    def __str__(self) -> str:
        return self.public_id

    @property
    def name(self) -> str:
        """The account's name on pages: a display name that can be seen, else the user name, else the end of its id."""
        for name in (self.display_name, self.username):
            if is_visible(name):
                return name.strip()
        if self.platform == self.Platform.FILE:
            return gettext("your posts from files")
        return gettext("TikTok account …%(end)s") % {"end": self.public_id[-_ID_END:]}


class FollowerCount(PersonalData):
    """An account's followers from a moment on; append-only. A count that did not change adds no row."""

    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="follower_counts")
    personal(account, "The account")
    observed_at = personal(models.DateTimeField(), "When it was first found to have so many followers")
    followers = personal(
        models.BigIntegerField(null=True, help_text="Empty where TikTok was no longer allowed to tell."),
        "Followers from then on; empty where TikTok was no longer allowed to tell",
    )

    class Meta:
        ordering = ["observed_at", "id"]
        indexes = [models.Index(fields=["account", "observed_at"])]

    def __str__(self) -> str:
        return f"followers on {self.observed_at:%-d %b %Y, %H:%M}"


class WebhookDelivery(models.Model):
    """A webhook that was acted on. TikTok delivers at least once: the digest makes the second time a no-op."""

    digest = plain(models.CharField(max_length=64, unique=True), "SHA-256 of the message")
    event = plain(models.CharField(max_length=64), "kind of the message")
    received_at = plain(models.DateTimeField(auto_now_add=True), "when it came")

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return self.event
