"""TikTok accounts that people linked, their followers over time, and TikTok's webhooks about them."""

from django.db import models

from accounts import identifiers
from accounts.models.people import User
from privacy.models import PersonalData


class TikTokAccount(PersonalData):
    """A creator's TikTok account, linked by its owner. Profile and counts are None where the scope was declined."""

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.account_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tiktok_accounts")
    open_id = models.CharField(max_length=128, unique=True)
    union_id = models.CharField(max_length=128, blank=True)
    display_name = models.CharField(max_length=255, blank=True)
    username = models.CharField(max_length=255, blank=True)
    is_verified = models.BooleanField(null=True)
    follower_count = models.BigIntegerField(null=True)
    following_count = models.BigIntegerField(null=True)
    likes_count = models.BigIntegerField(null=True)
    video_count = models.BigIntegerField(null=True)
    profile_fetched_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "TikTok account"
        ordering = ["id"]
        permissions = [("see_identity", "Can see names and TikTok's ids")]

    def __str__(self) -> str:
        return self.public_id


class FollowerCount(PersonalData):
    """An account's followers from a moment on; append-only. A count that did not change adds no row."""

    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="follower_counts")
    observed_at = models.DateTimeField()
    followers = models.BigIntegerField(null=True, help_text="Empty where TikTok was no longer allowed to tell.")

    class Meta:
        ordering = ["observed_at", "id"]
        indexes = [models.Index(fields=["account", "observed_at"])]

    def __str__(self) -> str:
        return f"{self.account_id} at {self.observed_at:%Y-%m-%d %H:%M}"


class WebhookDelivery(models.Model):
    """A webhook that was acted on. TikTok delivers at least once: the digest makes the second time a no-op."""

    digest = models.CharField(max_length=64, unique=True)
    event = models.CharField(max_length=64)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return self.event
