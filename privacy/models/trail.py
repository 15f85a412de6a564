"""The access trail: a chain of events that only grows."""

from django.conf import settings
from django.db import models

from privacy.declarations.columns import personal, plain
from privacy.models.consents import Through
from privacy.models.legal import PersonalData


def _held(key: "SubjectKey") -> str:
    return "held"


class SubjectKey(PersonalData):
    """The key under which a person appears in the trail. Erasure deletes it, and then the trail names nobody.

    Triggers (migration 0005) chain an event when one is made and when it ends, let none be changed, and let none be
    deleted while its person is there.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="subject_key"
    )
    personal(user, "The person")
    key = personal(
        models.BinaryField(help_text="32 random bytes"),
        "Whether a key is held: whoever had it could find you in the trail after you are gone",
        exported=_held,
    )

    def __str__(self) -> str:
        return f"key of {self.user}"


class AccessEvent(models.Model):
    """Somebody read or changed a person's data. Append-only by triggers (migration 0002).

    The database chains what was committed once a minute, in the order of positions (migration 0006).
    """

    class Actor(models.TextChoices):
        # the person themselves
        PERSON = "person"
        STAFF = "staff"
        TASK = "task"
        SHELL = "shell"
        TIKTOK = "tiktok"
        # somebody with a link that the person shared
        VISITOR = "visitor"
        # somebody with a seat at an account of the person
        MEMBER = "member"
        # a trigger, on its own
        DATABASE = "database"

    class Action(models.TextChoices):
        READ = "read"
        CHANGE = "change"
        EXPORT = "export"
        ERASE = "erase"
        CONSENT = "consent", "Consent given"
        WITHDRAW = "withdraw", "Consent withdrawn"
        # staff asked for a change and did not get it
        REFUSED = "refused"
        # a person's key was made, or ended with them
        KEY = "key"

    position = plain(
        models.BigIntegerField(unique=True, null=True, editable=False, help_text="Gapless; none until it is sealed."),
        "where in the chain; empty until the event is sealed, within a minute",
    )
    at = plain(models.DateTimeField(help_text="Given by the database."), "when")
    actor_kind = plain(
        models.CharField(max_length=8, choices=Actor),
        "the person, staff, a task, a command, TikTok, a visitor with a link, a member with a seat, or the database",
    )
    actor = plain(
        models.CharField(max_length=150, blank=True, help_text="A member of staff, a task, a command or a member."),
        "the member of staff, the task, the command, or the member by a hash that leads nowhere once they left",
    )
    subject = plain(
        models.CharField(max_length=64, db_index=True, help_text="The person's pseudonym."),
        "the person, by a hash under a key that goes with them; empty for a run over everybody at once",
    )
    action = plain(
        models.CharField(max_length=8, choices=Action),
        "read, changed, exported, erased, consent given or withdrawn, refused, or the key",
    )
    what = plain(models.CharField(max_length=200), "which data")
    through = plain(models.CharField(max_length=8, choices=Through), "page, API, admin, task, command or webhook")
    why = plain(models.CharField(max_length=300, blank=True), "the reason that staff gave")
    reference = plain(
        models.CharField(max_length=64, blank=True, help_text="The request or task, as the logs name it."),
        "the request or task, as the logs name it",
    )
    previous = plain(
        models.CharField(max_length=64, blank=True, help_text="The hash before this one, given by the database."),
        "the hash before",
    )
    hash = plain(
        models.CharField(
            max_length=64, blank=True, help_text="SHA-256, in hex, over all of the above; by the database."
        ),
        "the hash of all that",
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            # the hourly look at people's keys does not read the whole trail
            models.Index("subject", condition=models.Q(action="key"), name="events_of_keys"),
            models.Index("id", condition=models.Q(position=None), name="events_to_seal"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_kind} {self.action} on {self.at:%-d %b %Y, %H:%M}"
