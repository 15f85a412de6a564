"""Consent, purpose by purpose: asked for wherever a person's data is about to be processed.

Only consent to the current text counts. Whoever processes data asks at the latest possible point, inside the
transaction that writes: a withdrawal then stops even running work at its next step.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.dispatch import Signal
from django.utils import timezone

from privacy.models import Consent, Through
from privacy.purposes import Purpose
from privacy.texts import Text, current_text

# Sent with `user_id` and `purpose`, inside the transaction that records it: what follows from it happens with it or not
# at all. Work for other processes is to be sent on commit.
consent_given = Signal()
consent_withdrawn = Signal()


class NoConsent(Exception):
    """The person has not agreed to the current text of this purpose, so nothing was done. The message tells them so."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        super().__init__(
            f"This needs your consent to “{current_text(purpose).title}”. Give it under “Your data”; "
            "until then nothing is processed."
        )


class OutdatedText(ValueError):
    """Consent was given to a text that is not the current one: read the current one first."""

    def __init__(self, purpose: Purpose, version: int) -> None:
        self.purpose = purpose
        super().__init__(
            f"Version {version} of the text on {purpose} is not the current one, which is {current_version(purpose)}. "
            "Nothing was changed: read the current text and agree to that."
        )


def current_version(purpose: Purpose) -> int:
    """The version of the text that consent is asked for now."""
    return current_text(purpose).version


def consenting(purpose: Purpose) -> "models.QuerySet[Consent, int]":
    """The primary keys of the people who agree now, for `user__in=`."""
    return _open(purpose).values_list("user_id", flat=True)


def consents_to(purpose: Purpose, person: str) -> Exists:
    """Whether the person at the path `person` (e.g. `account__user`) of an outer row agrees now: a condition in SQL."""
    return Exists(_open(purpose).filter(user=OuterRef(person)))


def has_consent(user_id: int, purpose: Purpose) -> bool:
    """Whether the person agrees now to the current text. One query."""
    return _open(purpose).filter(user=user_id).exists()


def require(user_id: int, purpose: Purpose) -> None:
    """Raise NoConsent unless the person agrees now."""
    if not has_consent(user_id, purpose):
        raise NoConsent(purpose)


def purposes_of(user_id: int) -> frozenset[Purpose]:
    """What the person agrees to now. One query."""
    return _agreed(Consent.objects.filter(user=user_id, withdrawn_at=None))


def hold(user_id: int) -> frozenset[Purpose]:
    """What the person agrees to now, and cannot withdraw before the caller's transaction ends. One query.

    For whoever writes without the lock of an account.
    """
    standing = Consent.objects.filter(user=user_id, withdrawn_at=None)
    # the consents themselves: a withdrawal that was quicker is waited for, and then its row is no longer found
    return _agreed(standing.select_for_update(no_key=True).order_by("pk"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A purpose as it is asked for: its current text, and how the person stands to it."""

    text: Text
    given: Consent | None
    is_renewed: bool
    """Consent was given to an earlier text, and is asked for again."""


def asked_of(user_id: int) -> list[Asked]:
    """Every purpose, in their order, and how the person stands to it. One query."""
    standing = {each.purpose: each for each in Consent.objects.filter(user=user_id, withdrawn_at=None)}
    return [_asked(current_text(purpose), standing.get(purpose)) for purpose in Purpose]


def history_of(user_id: int) -> models.QuerySet[Consent]:
    """All consents of the person, current and past, newest first."""
    return Consent.objects.filter(user=user_id).order_by("-given_at", "-pk")


def withdrawn_since(before: datetime) -> "models.QuerySet[models.Model]":
    """People without consent to the service who withdrew before this moment, or joined before it and never agreed.

    Not those who agreed to an earlier text and have not answered the newest: nothing is processed for them, but they
    cannot know of it before they sign in, and were promised twelve months for that.
    """
    people = get_user_model()._default_manager.filter(is_staff=False)
    ended = Consent.objects.filter(user=OuterRef("pk"), purpose=Purpose.SERVICE)
    recent = ended.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=before))
    return people.filter(~Exists(recent), date_joined__lte=before)


@transaction.atomic
def give(*, user_id: int, purpose: Purpose, through: Through, version: int, now: datetime | None = None) -> Consent:
    """Record consent to the text that was shown. Raises OutdatedText; agreeing twice changes nothing."""
    if version != current_version(purpose):
        raise OutdatedText(purpose, version)
    now = now or timezone.now()
    standing = _lock_standing(user_id, purpose)
    if standing and _is_current(standing):
        return standing
    if standing:
        _end(standing, through, now)
    consent = Consent.objects.create(
        user_id=user_id,
        purpose=purpose,
        version=version,
        text_fingerprint=current_text(purpose).fingerprint,
        given_at=now,
        given_through=through,
    )
    consent_given.send(sender=Consent, user_id=user_id, purpose=purpose)
    return consent


@transaction.atomic
def withdraw(*, user_id: int, purpose: Purpose, through: Through, now: datetime | None = None) -> bool:
    """Record that consent ends now, with all that follows from it; whether there was any."""
    standing = _lock_standing(user_id, purpose)
    if standing is None:
        return False
    _end(standing, through, now or timezone.now())
    consent_withdrawn.send(sender=Consent, user_id=user_id, purpose=purpose)
    return True


def _asked(text: Text, standing: Consent | None) -> Asked:
    is_current = standing is not None and _is_current(standing)
    return Asked(text, standing if is_current else None, is_renewed=standing is not None and not is_current)


def _open(purpose: Purpose) -> models.QuerySet[Consent]:
    text = current_text(purpose)
    return Consent.objects.filter(
        purpose=purpose, withdrawn_at=None, version=text.version, text_fingerprint=text.fingerprint
    )


def _agreed(standing: models.QuerySet[Consent]) -> frozenset[Purpose]:
    return frozenset(Purpose(consent.purpose) for consent in standing if _is_current(consent))


def _is_current(consent: Consent) -> bool:
    """Whether it was given to the current words: a text that was edited in place was agreed to by nobody."""
    text = current_text(Purpose(consent.purpose))
    return (consent.version, consent.text_fingerprint) == (text.version, text.fingerprint)


def _lock_standing(user_id: int, purpose: Purpose) -> Consent | None:
    # the person's row: two answers at once must not both find nothing
    list(get_user_model()._default_manager.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    return Consent.objects.filter(user=user_id, purpose=purpose, withdrawn_at=None).first()


def _end(consent: Consent, through: Through, now: datetime) -> None:
    consent.withdrawn_at, consent.withdrawn_through = now, through
    consent.save(update_fields=["withdrawn_at", "withdrawn_through"])
