"""Posts of linked accounts, and their counts over time."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models import TikTokAccount
from posts.models.ingest import Refresh
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData


class Origin(models.TextChoices):
    """The way in that a row came by."""

    FETCHED = "fetched"
    EXPORT = "export"
    CSV = "csv"
    PUSHED = "pushed"


class Post(PersonalData):
    """A published post. Its text and pictures are not kept; `PostContent` has their measures."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the post's row here")}

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.post_id, editable=False),
        "The post's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="posts")
    personal(account, "The account that published it")
    tiktok_id = personal(models.CharField(max_length=64), "TikTok's id of it", sought=Sought.WHOLE)
    posted_at = personal(models.DateTimeField(), "When it was published")
    duration_s = personal(models.PositiveIntegerField(null=True), "How long it is, in seconds")
    share_url = personal(models.URLField(max_length=500, blank=True), "Its address on TikTok")
    is_ai_generated = personal(models.BooleanField(null=True), "Whether it is marked as made by AI")
    # only where the person chose to keep drafts
    caption = personal(models.TextField(blank=True), "Its caption, only if you chose to keep texts")
    origin = personal(
        models.CharField(max_length=8, choices=Origin, default=Origin.FETCHED, db_default=Origin.FETCHED),
        "How it came here: fetched from TikTok, from your data export or a table (CSV), or pushed by a program",
    )
    first_seen_at = personal(models.DateTimeField(), "When this service first saw it")
    last_seen_at = personal(models.DateTimeField(), "When this service last saw it")
    deleted_at = personal(
        models.DateTimeField(null=True, help_text="When TikTok was first found not to have it any more."),
        "When TikTok was first found not to have it any more",
    )

    class Meta:
        ordering = ["-posted_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "tiktok_id"], name="one_post_per_tiktok_id")]
        indexes = [models.Index(fields=["account", "-posted_at"]), models.Index(fields=["posted_at"])]

    def __str__(self) -> str:
        return self.public_id


class Observation(PersonalData):
    """A post's counts at a moment; append-only. At most one a refresh, a scheduled age, a moment of imported files."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="observations")
    personal(post, "The post")
    observed_at = personal(models.DateTimeField(), "When its counts were read")
    likes = personal(models.BigIntegerField(validators=[MinValueValidator(0)], null=True), "Likes by then")
    comments = personal(models.BigIntegerField(validators=[MinValueValidator(0)], null=True), "Comments by then")
    shares = personal(models.BigIntegerField(validators=[MinValueValidator(0)], null=True), "Shares by then")
    views = personal(models.BigIntegerField(validators=[MinValueValidator(0)], null=True), "Views by then")
    coarseness = personal(
        models.FloatField(null=True, help_text="Half-width of the coarsest rounding, in log units; empty: exact."),
        "How coarsely these counts were rounded (0.042 where 1,200 stands for 1,150 to 1,249); empty: not at all",
    )
    refresh = models.ForeignKey(Refresh, on_delete=models.SET_NULL, null=True, related_name="observations")
    personal(refresh, "The fetch that read them")
    scheduled_age_h = personal(
        models.PositiveSmallIntegerField(null=True, help_text="1, 6, 24, 72 or 168 when taken by the schedule."),
        "The age, in hours, at which they were to be read; empty when a fetch read them",
    )

    origin = personal(
        models.CharField(max_length=8, choices=Origin, default=Origin.FETCHED, db_default=Origin.FETCHED),
        "How the counts came here: fetched from TikTok, from your data export or a table (CSV), or pushed by a program",
    )

    class Meta:
        ordering = ["observed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "observed_at"], condition=~Q(origin="fetched"), name="one_imported_observation_a_moment"
            ),
            models.UniqueConstraint(fields=["post", "refresh"], name="one_observation_per_refresh"),
            models.UniqueConstraint(fields=["post", "scheduled_age_h"], name="one_observation_per_scheduled_age"),
        ]
        indexes = [models.Index(fields=["post", "observed_at"])]

    def __str__(self) -> str:
        return f"counts on {self.observed_at:%-d %b %Y, %H:%M}"
