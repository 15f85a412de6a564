"""Progress of the fetching of an account's posts, and when they last changed."""

from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models import TikTokAccount
from config.jobs import Job
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


class Refresh(Job, PersonalData):
    """One fetch of an account and all its posts. It resumes at `cursor` after a crash, page by page."""

    class State(models.TextChoices):
        QUEUED = "queued"
        FETCHING = "fetching"
        # TikTok could not be read; it is asked again at `next_attempt_at`
        WAITING = "waiting"
        # it ended early with some posts read; another refresh goes on where it stopped
        PARTLY_READ = "partly_read"
        DONE = "done"
        FAILED = "failed"

    class Reason(models.TextChoices):
        """Why a refresh waits, ended early, or is done with fewer posts than TikTok counts."""

        RATE_LIMITED = "tiktok_rate_limited"
        UNAVAILABLE = "tiktok_unavailable"
        UNEXPECTED_ANSWER = "tiktok_unexpected_answer"
        REFUSED = "tiktok_refused"
        VIDEOS_NOT_ALLOWED = "videos_not_allowed"
        CONNECTION_LOST = "connection_lost"
        DISCONNECTED = "disconnected"
        NO_CONSENT = "consent_missing"
        INTERRUPTED = "interrupted"
        POSTS_MISSING = "posts_missing"

    ACTIVE = (State.QUEUED, State.FETCHING, State.WAITING)
    task = "posts.ingest.tasks.run_refresh"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.refresh_id, editable=False),
        "The fetch's id in this service's pages and API",
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="refreshes")
    personal(account, "The account")
    state = personal(
        models.CharField(max_length=16, choices=State, default=State.QUEUED),
        "Whether it waits, runs, is done, read only some posts or failed",
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was asked for")
    started_at = personal(models.DateTimeField(null=True), "When it began")
    finished_at = personal(models.DateTimeField(null=True), "When it ended")
    reason = personal(
        models.CharField(
            max_length=32, choices=Reason, blank=True, help_text="Why it waits, ended early, or lacks posts."
        ),
        "Why it waits, ended early, or lacks posts",
    )
    next_attempt_at = plain(
        models.DateTimeField(null=True, help_text="When TikTok is asked again; in a waiting or partly read one."),
        "when TikTok is asked again",
    )
    hurried_at = personal(
        models.DateTimeField(null=True, help_text="When a person last ended its wait."), "When you last ended its wait"
    )
    cursor = plain(
        models.BigIntegerField(null=True, help_text="Where the next page begins: TikTok's cursor, ms."),
        "where the next page begins",
    )
    jump_cursor = plain(
        models.BigIntegerField(
            null=True,
            help_text="Where an earlier refresh stopped: the listing goes on there once it meets known posts.",
        ),
        "where an earlier fetch stopped",
    )
    newest_only = plain(
        models.BooleanField(
            default=False,
            db_default=False,
            help_text="It reads what is new or can have changed; the rest was read whole within the week.",
        ),
        "whether it reads only what is new or can have changed",
    )
    listing_done = plain(
        models.BooleanField(default=False, help_text="Every page was stored; covers may remain."),
        "whether every page was stored",
    )
    posts_expected = personal(
        models.PositiveBigIntegerField(null=True, help_text="TikTok's video_count, where granted."),
        "How many posts TikTok said there are",
    )
    posts_stored = personal(models.PositiveIntegerField(default=0), "How many were stored")
    skipped = personal(
        models.PositiveIntegerField(default=0, help_text="Videos without a usable id or time, or not public."),
        "How many of TikTok's videos could not be used",
    )
    unreadable = personal(
        models.PositiveIntegerField(default=0, help_text="Values that were not usable and count as unknown."),
        "How many of TikTok's values could not be used",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "refreshes"
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=["queued", "fetching", "waiting"]),
                name="one_active_refresh_per_account",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class PostsChange(PersonalData):
    """When an account's posts last changed: weights learned before that are stale."""

    account = models.OneToOneField(
        TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="posts_change"
    )
    personal(account, "The account")
    sequence = plain(models.PositiveBigIntegerField(default=0, help_text="Counts the changes."), "counts the changes")
    changed_at = personal(models.DateTimeField(), "When something of its posts last changed")

    def __str__(self) -> str:
        return f"changes of {self.account}"


class Listing(PersonalData):
    """Progress of reading an account's list of posts, by refreshes and by the hourly look for new posts."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="listing")
    personal(account, "The account")
    listed_at = personal(models.DateTimeField(db_index=True), "When its newest posts were last asked for")
    due_at = plain(
        models.DateTimeField(
            null=True, db_index=True, help_text="When new posts are to be expected, and looked for again."
        ),
        "when new posts are looked for again",
    )
    read_at = personal(
        models.DateTimeField(null=True, help_text="When TikTok last answered with posts; shown as data_as_of."),
        "When its posts were last read from TikTok",
    )
    complete_until = personal(
        models.DateTimeField(null=True, help_text="A listing that reached its end had every post until then."),
        "Until when every post is known",
    )
    cursor = plain(
        models.BigIntegerField(null=True, help_text="Where an unfinished listing stopped: TikTok's cursor, ms."),
        "where an unfinished listing stopped",
    )
    missing = personal(
        models.PositiveBigIntegerField(
            default=0, help_text="Posts that TikTok counts and the last whole listing lacked."
        ),
        "How many posts TikTok counts and does not list",
    )
    missing_confirmed = personal(
        models.BooleanField(default=False, help_text="A second whole listing lacked as many."),
        "Whether a second look found as many missing",
    )

    @property
    def is_unfinished(self) -> bool:
        """Whether the list was never read to its end, or not since posts were added to it."""
        return self.complete_until is None or self.cursor is not None

    def __str__(self) -> str:
        return f"list of posts of {self.account}"
