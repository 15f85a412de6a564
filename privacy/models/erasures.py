"""Erasures under way, and the receipts of those that are done."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from config.jobs import Job
from privacy.anonymity.public_ids import ERASURE, public_id
from privacy.declarations.columns import personal, plain
from privacy.models.consents import Through


def erasure_id() -> str:
    """Return a new id, long enough that nobody finds another person's receipt by guessing."""
    return public_id(ERASURE, length=24)


def place_of_identifiers(erasure: "Erasure") -> str:
    """Return the place that the sealed identifiers are bound to."""
    return f"privacy.erasure:{erasure.pk}:identifiers"


def _sealed(erasure: "Erasure") -> str:
    return "sealed"


class Erasure(Job):
    """One erasure of a person, or of one of their accounts. Once it is done the row is a receipt and names nobody."""

    class Reason(models.TextChoices):
        PERSON = "person", "the person asked for it"
        STAFF = "staff", "the person asked the staff for it"
        TIKTOK = "tiktok", "TikTok told that the account was deleted"
        RETENTION = "retention", "nobody had signed in for twelve months"
        WITHDRAWAL = "withdrawal", "consent had been withdrawn for 30 days"
        REPLAY = "replay", "a backup from before the erasure was restored"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"

    ACTIVE = (State.WAITING, State.RUNNING)
    task = "privacy.erasure.tasks.run_erasure"

    public_id = plain(
        models.CharField(max_length=32, unique=True, default=erasure_id, editable=False), "number of the receipt"
    )
    # no foreign key: the row outlives the person. Both are emptied with the receipt
    user_id = personal(models.BigIntegerField(null=True, db_index=True), "The person; emptied once it is done")
    account_ids = personal(ArrayField(models.BigIntegerField(), default=list), "The accounts; emptied once it is done")
    whole = plain(
        models.BooleanField(help_text="The person with everything, not only the named accounts."),
        "the person with everything, or one account",
    )
    reason = personal(models.CharField(max_length=16, choices=Reason), "Why")
    through = personal(models.CharField(max_length=8, choices=Through), "Through which way in it was asked for")
    requested_at = personal(models.DateTimeField(auto_now_add=True), "When it was asked for")
    due_at = personal(
        models.DateTimeField(help_text="When it begins; until then it can be cancelled."), "When it begins"
    )
    state = plain(
        models.CharField(max_length=16, choices=State, default=State.WAITING), "waiting, running, done or cancelled"
    )
    steps_done = plain(ArrayField(models.CharField(max_length=16), default=list), "how far it is")
    sealed_identifiers = personal(
        models.BinaryField(default=bytes, help_text="What the verifier looks for, while it runs."),
        "What is looked for afterwards, encrypted; emptied once it is done",
        exported=_sealed,
        sealed=place_of_identifiers,
    )
    pseudonyms = plain(
        ArrayField(
            models.CharField(max_length=32),
            default=list,
            help_text="What identified the person, each under an HMAC with the key of the ledger, "
            "which is not in here.",
        ),
        "what identified the person, under the ledger's key, which is outside of the database",
    )
    told_tiktok = plain(
        models.BooleanField(null=True, help_text="Whether TikTok confirmed that its access is ended."),
        "whether TikTok confirmed the end of its access",
    )
    counts = plain(
        models.JSONField(default=dict, help_text="Rows that were deleted, by category."), "rows deleted, by category"
    )
    left = plain(
        models.JSONField(default=list, help_text="Where the verifier still found something; empty in a receipt."),
        "where something was still found",
    )
    verified_at = plain(models.DateTimeField(null=True), "when it was verified")
    finished_at = plain(models.DateTimeField(null=True), "when it was done")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user_id"],
                condition=models.Q(state__in=["waiting", "running"], whole=True),
                name="one_erasure_of_a_person",
            )
        ]

    def __str__(self) -> str:
        return self.public_id
