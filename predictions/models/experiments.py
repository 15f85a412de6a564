"""Experiments that creators start, and the arm that was drawn for each of their posts."""

from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from posts.models import Post
from predictions.engine.experiments.arms import Arms
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData


class Experiment(PersonalData):
    """Two ways of posting that an account compares, with an arm drawn at random for each upcoming post."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the experiment's row here")}

    class Feature(models.TextChoices):
        POST_TIME = "post_time"
        QUESTION = "question"
        CAPTION_LENGTH = "caption_length"
        EMOJI = "emoji"

    class State(models.TextChoices):
        RUNNING = "running"
        ANSWERED = "answered"
        NOT_WORTH_WAITING = "not_worth_waiting"
        STOPPED = "stopped"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.experiment_id, editable=False),
        "The experiment's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="experiments")
    personal(account, "The account")
    feature = personal(models.CharField(max_length=16, choices=Feature), "What you compare")
    first = personal(
        models.PositiveSmallIntegerField(help_text="Local hour, characters, or 0 for without and 1 for with."),
        "The first way",
    )
    second = personal(models.PositiveSmallIntegerField(help_text="In the same units."), "The second way")
    # as of the start: an experiment's hours must not move under it
    zone = personal(models.CharField(max_length=64, blank=True), "Your time zone, if you chose one")
    offset_s = personal(
        models.IntegerField(help_text="Seconds from UTC where there is no zone."), "Your distance from UTC, in seconds"
    )
    state = personal(
        models.CharField(max_length=20, choices=State, default=State.RUNNING), "Whether it runs, and how it ended"
    )
    started_at = personal(models.DateTimeField(auto_now_add=True), "When you started it")
    ended_at = personal(models.DateTimeField(null=True), "When it ended")
    # the judgement so far
    judged_at = personal(models.DateTimeField(null=True), "When it was last judged")
    posts = personal(models.PositiveIntegerField(default=0, help_text="Whose first day is known."), "Posts that count")
    effect_pct = personal(
        models.FloatField(null=True, help_text="Of the second way against the first."),
        "How much better the second way does than the first, in per cent",
    )
    low_pct = personal(
        models.FloatField(null=True, help_text="95 % at all times at once; null while it is unbounded."),
        "The lower end of that",
    )
    high_pct = personal(models.FloatField(null=True), "The upper end of that")
    more_posts = personal(models.PositiveIntegerField(null=True), "About how many more posts an answer takes")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="running"), name="one_running_experiment"
            )
        ]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return self.public_id

    @property
    def arms(self) -> Arms:
        """The two ways."""
        return Arms(self.feature, self.first, self.second)


class Assignment(PersonalData):
    """The arm that was drawn for one upcoming post of an experiment, and what became of it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="assignments")
    personal(experiment, "The experiment")
    is_second = personal(models.BooleanField(), "Whether the second way was drawn")
    probability = personal(
        models.FloatField(help_text="Of the second way when it was drawn, 0 to 1."),
        "The probability with which the second way is drawn",
    )
    assigned_at = personal(models.DateTimeField(), "When it was drawn")
    publish_at = personal(models.DateTimeField(), "When the post was to be published")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, related_name="assignments")
    personal(post, "The post")
    is_followed = personal(
        models.BooleanField(null=True, help_text="Whether the post has what was drawn for it; it counts either way."),
        "Whether the post has what was drawn for it",
    )
    likes = personal(models.FloatField(null=True), "Its likes after 24 hours")
    outcome = personal(
        models.FloatField(null=True, help_text="Log likes less the account's level before it."),
        "How far its likes are from your usual, as a logarithm",
    )

    class Meta:
        ordering = ["experiment", "assigned_at", "id"]
        constraints = [models.UniqueConstraint(fields=["experiment", "post"], name="one_assignment_per_post")]

    def __str__(self) -> str:
        return f"{self.experiment}: {'second' if self.is_second else 'first'}"
