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
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    ACTIVE = (State.QUEUED, State.RUNNING)
    task = "posts.ingest.tasks.run_refresh"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.refresh_id, editable=False),
        "The fetch's id in this service's pages and API",
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="refreshes")
    personal(account, "The account")
    state = personal(
        models.CharField(max_length=16, choices=State, default=State.QUEUED),
        "Whether it waits, runs, is done or failed",
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was asked for")
    started_at = personal(models.DateTimeField(null=True), "When it began")
    finished_at = personal(models.DateTimeField(null=True), "When it ended")
    next_attempt_at = plain(
        models.DateTimeField(null=True, help_text="When TikTok is asked again after it failed."),
        "when TikTok is asked again",
    )
    cursor = plain(
        models.BigIntegerField(null=True, help_text="Where the next page begins: TikTok's cursor, ms."),
        "where the next page begins",
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
    error = personal(
        models.CharField(max_length=500, blank=True, help_text="Why it failed, in words for the person."),
        "Why it failed",
    )

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


class PostsChange(PersonalData):
    """When an account's posts last changed: weights learned before that are stale."""

    account = models.OneToOneField(
        TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="posts_change"
    )
    personal(account, "The account")
    sequence = plain(models.PositiveBigIntegerField(default=0, help_text="Counts the changes."), "counts the changes")
    changed_at = personal(models.DateTimeField(), "When something of its posts last changed")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.sequence}"


class Listing(PersonalData):
    """When an account's newest posts were last listed, to discover posts published between sign-ins."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="listing")
    personal(account, "The account")
    listed_at = personal(models.DateTimeField(db_index=True), "When its newest posts were last asked for")

    def __str__(self) -> str:
        return f"{self.account_id} at {self.listed_at:%Y-%m-%d %H:%M}"
