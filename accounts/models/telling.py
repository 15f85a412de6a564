"""Notices to people, the webhooks that programs of theirs are told by, and each delivery to one."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models.linked import TikTokAccount
from accounts.models.people import User
from privacy.declarations.columns import Column, Sought, personal, plain
from privacy.declarations.columns import Kind as ColumnKind
from privacy.models import PersonalData


class Notice(PersonalData):
    """Something that a person is told, once for each kind and object. Its words are made when it is shown."""

    implicit_columns = {"id": Column(ColumnKind.PERSONAL, "The number of the notice's row here")}

    class Kind(models.TextChoices):
        RESULT = "result"
        FAR_OFF = "far_off"
        REMINDER = "reminder"
        COMMENT = "comment"
        SEAT_TAKEN = "seat_taken"
        CONNECTION_LOST = "connection_lost"
        EXPORT_READY = "export_ready"
        WEEKLY_REPORT = "weekly_report"
        WEBHOOK_OFF = "webhook_off"
        APPEAL = "appeal"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.notice_id, editable=False),
        "The notice's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    personal(user, "The person who is told")
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, null=True, related_name="+")
    personal(account, "The account that it is about, if it is about one")
    kind = personal(models.CharField(max_length=16, choices=Kind), "The kind of news")
    about = personal(
        models.CharField(max_length=64), "The id of what it is about, so that you are told of it only once"
    )
    params = personal(
        models.JSONField(default=dict, help_text="Numbers and moments; never a text of a post or draft."),
        "Its figures and moments",
    )
    link = personal(models.CharField(max_length=200), "The page that shows more")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was written")
    read_at = personal(models.DateTimeField(null=True), "When you read it")
    mailed_at = personal(models.DateTimeField(null=True), "When it was sent by e-mail")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "about"], name="notice_once")]
        indexes = [models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return self.public_id


def place_of_secret(webhook: "Webhook") -> str:
    """Return the place that a webhook's sealed secret is bound to."""
    return f"accounts.webhook:{webhook.public_id}:secret"


def _secret_held(webhook: "Webhook") -> str:
    return "held, sealed"


class Webhook(PersonalData):
    """An address of a person's program that notices are sent to."""

    implicit_columns = {"id": Column(ColumnKind.PERSONAL, "The number of the webhook's row here")}

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.webhook_id, editable=False),
        "The webhook's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="webhooks")
    personal(user, "The person who added it")
    url = personal(models.CharField(max_length=500), "The address that you gave")
    sealed_secret = personal(
        models.BinaryField(),
        "Whether a secret is held, which signs what is sent",
        exported=_secret_held,
        sealed=place_of_secret,
    )
    kinds = personal(ArrayField(models.CharField(max_length=16)), "The kinds of notices that it gets")
    failures = personal(models.PositiveIntegerField(default=0), "Deliveries in a row that failed for good")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you added it")
    disabled_at = personal(
        models.DateTimeField(null=True), "When it was switched off, by you or after many failures; empty while it is on"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.public_id


class Delivery(PersonalData):
    """A message to a webhook, as it is sent, with a log of the attempts."""

    implicit_columns = {"id": Column(ColumnKind.PERSONAL, "The number of the delivery's row here")}

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.delivery_id, editable=False),
        "The message's id, the same in each attempt",
        sought=Sought.WHOLE,
    )
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    personal(webhook, "The webhook")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, null=True, related_name="deliveries")
    personal(notice, "The notice that it tells of; empty for a test")
    kind = personal(models.CharField(max_length=16), "The kind of the notice, or a test")
    body = personal(models.TextField(), "What is sent")
    state = personal(models.CharField(max_length=16, choices=State, default=State.PENDING), "Whether it arrived")
    attempts = personal(
        models.JSONField(
            default=list, help_text='Of each: {"at": ISO 8601, "status": int or null, "ms": int, "error"}.'
        ),
        "Each attempt: when, the status of the answer, how long it took",
    )
    tries = plain(
        models.PositiveIntegerField(default=0, help_text="Since it was queued or replayed."), "attempts so far"
    )
    next_attempt_at = personal(
        models.DateTimeField(null=True), "When it is tried next; empty once it arrived or was given up"
    )
    created_at = personal(models.DateTimeField(auto_now_add=True), "When it was queued")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="delivery_due"),
        ]

    def __str__(self) -> str:
        return self.public_id
