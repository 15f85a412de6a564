"""Messages to workers that are still to be sent, and tasks that failed for good."""

from django.db import models

from privacy.declarations.columns import plain


class OutboxMessage(models.Model):
    """A message to a worker, written in the transaction that needs it, and deleted once it was sent."""

    task = plain(models.CharField(max_length=200), "the task to run")
    arguments = plain(
        models.JSONField(default=list, help_text="Primary keys, or a reason."), "the numbers of the rows it is about"
    )
    created_at = plain(models.DateTimeField(auto_now_add=True), "when it was written")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.task} {self.arguments}"


class FailedTask(models.Model):
    """A task that failed three times, and is not tried again unless staff ask for it."""

    class State(models.TextChoices):
        OPEN = "open"
        RETRIED = "retried"
        DROPPED = "dropped"

    task_id = plain(models.CharField(max_length=64, help_text="As in the logs."), "the message's id")
    task = plain(models.CharField(max_length=200), "the task")
    queue = plain(models.CharField(max_length=50), "the queue that it waited in")
    arguments = plain(models.JSONField(default=list), "the numbers of the rows it was about")
    named_arguments = plain(models.JSONField(default=dict), "the same by name")
    error = plain(models.CharField(max_length=200, help_text="The type of the exception."), "the kind of the error")
    message = plain(
        models.CharField(max_length=300, blank=True, help_text="Without what it quotes, addresses and long numbers."),
        "what the error says, without what it quotes",
    )
    place = plain(models.CharField(max_length=200, blank=True), "where in the code it was raised")
    tries = plain(models.PositiveSmallIntegerField(), "how often it was tried")
    failed_at = plain(models.DateTimeField(auto_now_add=True), "when it failed last")
    state = plain(
        models.CharField(max_length=8, choices=State, default=State.OPEN), "whether somebody has looked after it"
    )
    settled_at = plain(models.DateTimeField(null=True), "when somebody did")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["task_id", "tries"], name="one_failure_per_try")]
        permissions = [("settle_failedtask", "Can try failed tasks again or drop them")]

    def __str__(self) -> str:
        return f"{self.task.rpartition('.')[2]} on {self.failed_at:%-d %b %Y, %H:%M}"
