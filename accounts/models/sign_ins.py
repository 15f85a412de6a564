"""Sign-ins that last: a row beside each session of a person."""

from django.contrib.sessions.models import Session
from django.db import models

from accounts.models.people import User
from privacy.declarations.columns import personal
from privacy.models import PersonalData


def _held(sign_in: "SignIn") -> str:
    return "held"


class SignIn(PersonalData):
    """A browser or program in which a person is signed in. It goes with its session, however that ends."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    personal(user, "The person")
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="sign_in")
    personal(session, "The session, whose key opens it", exported=_held)
    device = personal(models.CharField(max_length=40), "The browser and system, without versions")
    begun_at = personal(models.DateTimeField(), "When you signed in")
    last_used_at = personal(models.DateTimeField(), "When it was last used, to the hour")

    class Meta:
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        return self.device
