"""Posts of linked accounts, and their counts over time."""

from django.core.validators import MinValueValidator
from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from posts.models.ingest import Refresh
from privacy.models import PersonalData


class Post(PersonalData):
    """A published post. Its text and pictures are not kept; `PostContent` has their measures."""

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.post_id, editable=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="posts")
    tiktok_id = models.CharField(max_length=64)
    posted_at = models.DateTimeField()
    duration_s = models.PositiveIntegerField(null=True)
    share_url = models.URLField(max_length=500, blank=True)
    is_ai_generated = models.BooleanField(null=True)
    # only where the person chose to keep drafts
    caption = models.TextField(blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, help_text="When TikTok was first found not to have it any more.")

    class Meta:
        ordering = ["-posted_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "tiktok_id"], name="one_post_per_tiktok_id")]
        indexes = [models.Index(fields=["account", "-posted_at"]), models.Index(fields=["posted_at"])]

    def __str__(self) -> str:
        return self.public_id


class Observation(PersonalData):
    """A post's counts at a moment; append-only. At most one for each refresh and for each scheduled age."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="observations")
    observed_at = models.DateTimeField()
    likes = models.BigIntegerField(validators=[MinValueValidator(0)], null=True)
    comments = models.BigIntegerField(validators=[MinValueValidator(0)], null=True)
    shares = models.BigIntegerField(validators=[MinValueValidator(0)], null=True)
    views = models.BigIntegerField(validators=[MinValueValidator(0)], null=True)
    refresh = models.ForeignKey(Refresh, on_delete=models.SET_NULL, null=True, related_name="observations")
    scheduled_age_h = models.PositiveSmallIntegerField(
        null=True, help_text="1, 6, 24, 72 or 168 when taken by the schedule."
    )

    class Meta:
        ordering = ["observed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["post", "refresh"], name="one_observation_per_refresh"),
            models.UniqueConstraint(fields=["post", "scheduled_age_h"], name="one_observation_per_scheduled_age"),
        ]
        indexes = [models.Index(fields=["post", "observed_at"])]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.observed_at:%Y-%m-%d %H:%M}"
