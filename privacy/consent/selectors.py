"""Reading consents in force.

Only consent to the current text counts. Code that processes data asks at the latest possible point, inside the
transaction that writes: a withdrawal then stops even running work at its next step.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, OuterRef, Q

from privacy.models import Consent
from privacy.purposes import Purpose
from privacy.texts import Text, current_text


class NoConsent(Exception):
    """The person does not agree to the current text of the purpose, so nothing was done. The message tells them so."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        super().__init__(
            f"This needs your consent to “{current_text(purpose).title}”. Give it under “Your data”; "
            "until then nothing is processed."
        )


def current_version(purpose: Purpose) -> int:
    """Return the version of the text that consent is asked for now."""
    return current_text(purpose).version


def consenting(purpose: Purpose) -> "models.QuerySet[Consent, int]":
    """Return the primary keys of the people who agree now, for `user__in=`."""
    return _in_force(purpose).values_list("user_id", flat=True)


def consents_to(purpose: Purpose, person: str) -> Exists:
    """Return a condition in SQL: the person at the path `person` (e.g. `account__user`) of an outer row agrees now."""
    return Exists(_in_force(purpose).filter(user=OuterRef(person)))


def has_consent(user_id: int, purpose: Purpose) -> bool:
    """Return whether the person agrees now to the current text. One query."""
    return _in_force(purpose).filter(user=user_id).exists()


def require(user_id: int, purpose: Purpose) -> None:
    """Raise NoConsent unless the person agrees now."""
    if not has_consent(user_id, purpose):
        raise NoConsent(purpose)


def purposes_of(user_id: int) -> frozenset[Purpose]:
    """Return the purposes that the person agrees to now. One query."""
    return _purposes(Consent.objects.filter(user=user_id, withdrawn_at=None))


def hold(user_id: int) -> frozenset[Purpose]:
    """Return the purposes that the person agrees to, locked: none can be withdrawn before the transaction ends.

    For writers that hold no lock of an account. One query.
    """
    open_consents = Consent.objects.filter(user=user_id, withdrawn_at=None)
    # the consents' own rows: a withdrawal that was quicker is waited for, and its row then no longer matches
    return _purposes(open_consents.select_for_update(no_key=True).order_by("pk"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A purpose as it is asked for: its current text, and the person's answer."""

    text: Text
    given: Consent | None
    is_renewed: bool
    """Consent was given to an earlier text, and is asked for again."""


def asked_of(user_id: int) -> list[Asked]:
    """Return every purpose, in their order, with the person's answer. One query."""
    consents = {each.purpose: each for each in Consent.objects.filter(user=user_id, withdrawn_at=None)}
    return [_asked(current_text(purpose), consents.get(purpose)) for purpose in Purpose]


def history_of(user_id: int) -> models.QuerySet[Consent]:
    """Return all consents of the person, current and past, newest first."""
    return Consent.objects.filter(user=user_id).order_by("-given_at", "-pk")


def withdrawn_since(before: datetime) -> "models.QuerySet[models.Model]":
    """Return people without consent to the service who withdrew, or joined without agreeing, before the moment.

    People who agreed to an earlier text and have not answered the newest are left out: nothing is processed for them,
    but they cannot know of it before they sign in, and were promised twelve months for that.
    """
    people = get_user_model()._default_manager.filter(is_staff=False)
    consents = Consent.objects.filter(user=OuterRef("pk"), purpose=Purpose.SERVICE)
    recent = consents.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=before))
    return people.filter(~Exists(recent), date_joined__lte=before)


def is_current(consent: Consent) -> bool:
    """Return whether it was given to the current words: a text that was edited in place was agreed to by nobody."""
    text = current_text(Purpose(consent.purpose))
    return (consent.version, consent.text_fingerprint) == (text.version, text.fingerprint)


def _asked(text: Text, consent: Consent | None) -> Asked:
    counts = consent is not None and is_current(consent)
    return Asked(text, consent if counts else None, is_renewed=consent is not None and not counts)


def _in_force(purpose: Purpose) -> models.QuerySet[Consent]:
    text = current_text(purpose)
    return Consent.objects.filter(
        purpose=purpose, withdrawn_at=None, version=text.version, text_fingerprint=text.fingerprint
    )


def _purposes(open_consents: models.QuerySet[Consent]) -> frozenset[Purpose]:
    return frozenset(Purpose(consent.purpose) for consent in open_consents if is_current(consent))
