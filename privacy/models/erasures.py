"""Erasures under way, and the receipts of those that are done."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.crypto import get_random_string

from config.jobs import Job
from privacy.models.consents import Through

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def erasure_id() -> str:
    """Long enough that nobody finds another's receipt by guessing."""
    return f"eras_{get_random_string(24, ID_ALPHABET)}"


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

    task = "privacy.tasks.run_erasure"

    public_id = models.CharField(max_length=32, unique=True, default=erasure_id, editable=False)
    # no foreign key: the row outlives the person. Both are emptied with the receipt
    user_id = models.BigIntegerField(null=True, db_index=True)
    account_ids = ArrayField(models.BigIntegerField(), default=list)
    whole = models.BooleanField(help_text="The person with everything, not only the named accounts.")
    reason = models.CharField(max_length=16, choices=Reason)
    through = models.CharField(max_length=8, choices=Through)
    requested_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(help_text="When it begins; until then it can be cancelled.")
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    steps_done = ArrayField(models.CharField(max_length=16), default=list)
    sealed_identifiers = models.BinaryField(default=bytes, help_text="What the verifier looks for, while it runs.")
    pseudonyms = ArrayField(
        models.CharField(max_length=32),
        default=list,
        help_text="What identified the person, each under an HMAC with the key of the ledger, which is not in here.",
    )
    told_tiktok = models.BooleanField(null=True, help_text="Whether TikTok confirmed that its access is ended.")
    counts = models.JSONField(default=dict, help_text="Rows that were deleted, by category.")
    left = models.JSONField(default=list, help_text="Where the verifier still found something; empty in a receipt.")
    verified_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

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
