"""Who read or changed whose data: a chain that only grows."""

from django.conf import settings
from django.db import models

from privacy.models.consents import Through
from privacy.models.legal import PersonalData


class SubjectKey(PersonalData):
    """The key under which a person stands in the trail. Without it, which erasure sees to, the trail names nobody."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="subject_key"
    )
    key = models.BinaryField(help_text="32 random bytes")

    def __str__(self) -> str:
        return f"key of {self.user_id}"


class AccessEvent(models.Model):
    """Somebody read or changed a person's data. Chained, and append-only, by triggers (migration 0002)."""

    class Actor(models.TextChoices):
        # the person themselves
        PERSON = "person"
        STAFF = "staff"
        TASK = "task"
        SHELL = "shell"
        TIKTOK = "tiktok"

    class Action(models.TextChoices):
        READ = "read"
        CHANGE = "change"
        EXPORT = "export"
        ERASE = "erase"
        CONSENT = "consent"

    position = models.BigIntegerField(unique=True, default=0, help_text="Gapless, given by the database.")
    at = models.DateTimeField(help_text="Given by the database.")
    actor_kind = models.CharField(max_length=8, choices=Actor)
    actor = models.CharField(max_length=150, blank=True, help_text="A member of staff, a task or a command.")
    subject = models.CharField(max_length=64, db_index=True, help_text="The person's pseudonym.")
    action = models.CharField(max_length=8, choices=Action)
    what = models.CharField(max_length=200)
    through = models.CharField(max_length=8, choices=Through)
    why = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="The request or task, as the logs name it.")
    previous = models.CharField(max_length=64, help_text="The hash before this one, given by the database.")
    hash = models.CharField(max_length=64, help_text="SHA-256, in hex, over all of the above; by the database.")

    class Meta:
        ordering = ["-position"]

    def __str__(self) -> str:
        return f"{self.position}: {self.actor_kind} {self.action}"
