"""Posts of linked accounts, what was measured of their content, their counts over time, and refreshes."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models import TikTokAccount
from privacy.models import PersonalData


class Post(PersonalData):
    """A published post. Its text and pictures are not kept: see `PostContent` for what is."""

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


class PostContent(PersonalData):
    """What was measured of a post's caption and cover (`posts.content`), after which both were dropped."""

    class Cover(models.TextChoices):
        PENDING = "pending"
        MEASURED = "measured"
        # TikTok no longer gives the picture, or it cannot be read
        UNAVAILABLE = "unavailable"

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="content")
    extractor_version = models.PositiveSmallIntegerField()
    caption_fingerprint = models.CharField(
        max_length=64,
        help_text="Keyed digest of the normalised caption: recognises a draft, reveals no text.",
    )
    length = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    questions = models.PositiveIntegerField()
    exclamations = models.PositiveIntegerField()
    emoji = models.PositiveIntegerField()
    mentions = models.PositiveIntegerField()
    links = models.PositiveIntegerField()
    uppercase_share = models.FloatField()
    sentiment = models.FloatField()
    hashtags = ArrayField(models.CharField(max_length=200), default=list)
    embedding = models.BinaryField(help_text="int8, see posts.content")
    cover_state = models.CharField(max_length=16, choices=Cover, default=Cover.PENDING)
    cover_attempts = models.PositiveSmallIntegerField(default=0)
    cover_brightness = models.FloatField(null=True)
    cover_contrast = models.FloatField(null=True)
    cover_saturation = models.FloatField(null=True)
    cover_colourfulness = models.FloatField(null=True)
    cover_sharpness = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"content of {self.post_id}"


class Refresh(PersonalData):
    """One fetch of an account and all its posts. It resumes at `cursor` after a crash, page by page."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    ACTIVE = (State.QUEUED, State.RUNNING)

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.refresh_id, editable=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="refreshes")
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # whose turn it is: every write of a run asks for its own claim here, so a run that lost it can write nothing more
    claim = models.UUIDField(null=True, editable=False)
    # beaten by queueing and with every page; one that stopped beating is given to another worker
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Runs since the last page was stored.")
    next_attempt_at = models.DateTimeField(null=True, help_text="When TikTok is asked again after it failed.")
    cursor = models.BigIntegerField(null=True, help_text="Where the next page begins: TikTok's cursor, ms.")
    listing_done = models.BooleanField(default=False, help_text="Every page was stored; covers may remain.")
    posts_expected = models.PositiveIntegerField(null=True, help_text="TikTok's video_count, where granted.")
    posts_stored = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, help_text="Why it failed, in words for the person.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "refreshes"
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=["queued", "running"]),
                name="one_active_refresh_per_account",
            )
        ]

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


class PostsChange(PersonalData):
    """When what is known of an account's posts last changed: account weights older than this are stale."""

    account = models.OneToOneField(
        TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="posts_change"
    )
    sequence = models.PositiveBigIntegerField(default=0, help_text="Counts the changes.")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"


class Listing(PersonalData):
    """When an account's newest posts were last asked for: posts published between sign-ins are found by that."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="listing")
    listed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.account_id} at {self.listed_at:%Y-%m-%d %H:%M}"
