"""Giving and withdrawing consent."""

from datetime import datetime

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from privacy.consent.selectors import current_version, is_current
from privacy.models import AccessEvent, Consent, Through
from privacy.people import lock_person
from privacy.purposes import Purpose
from privacy.texts import current_text, read_text
from privacy.trail.services import record

# Sent with `user_id` and `purpose` inside the transaction of the change: what receivers write is committed with it or
# not at all. They send work for other processes on commit.
consent_given = Signal()
consent_withdrawn = Signal()


class OutdatedText(ValueError):
    """The text that was agreed to is not the current one."""

    def __init__(self, purpose: Purpose, version: int) -> None:
        self.purpose = purpose
        super().__init__(
            f"Version {version} of the text on {purpose} is not the current one, which is {current_version(purpose)}. "
            "Nothing was changed: read the current text and agree to that."
        )


@transaction.atomic
def give(*, user_id: int, purpose: Purpose, through: Through, version: int, now: datetime | None = None) -> Consent:
    """Record consent to the text that was shown. Raise OutdatedText. Agreeing twice changes nothing."""
    if version != current_version(purpose):
        raise OutdatedText(purpose, version)
    now = now or timezone.now()
    open_consent = _lock_open_consent(user_id, purpose)
    if open_consent and is_current(open_consent):
        return open_consent
    if open_consent:
        _end(open_consent, through, now)
    consent = Consent.objects.create(
        user_id=user_id,
        purpose=purpose,
        version=version,
        text_fingerprint=current_text(purpose).fingerprint,
        given_at=now,
        given_through=through,
    )
    _record(AccessEvent.Action.CONSENT, consent)
    consent_given.send(sender=Consent, user_id=user_id, purpose=purpose)
    return consent


@transaction.atomic
def withdraw(*, user_id: int, purpose: Purpose, through: Through, now: datetime | None = None) -> bool:
    """Record that consent ends now; return whether there was any."""
    open_consent = _lock_open_consent(user_id, purpose)
    if open_consent is None:
        return False
    _end(open_consent, through, now or timezone.now())
    _record(AccessEvent.Action.WITHDRAW, open_consent)
    consent_withdrawn.send(sender=Consent, user_id=user_id, purpose=purpose)
    return True


def _lock_open_consent(user_id: int, purpose: Purpose) -> Consent | None:
    lock_person(user_id)
    return Consent.objects.filter(user=user_id, purpose=purpose, withdrawn_at=None).first()


def _end(consent: Consent, through: Through, now: datetime) -> None:
    consent.withdrawn_at, consent.withdrawn_through = now, through
    consent.save(update_fields=["withdrawn_at", "withdrawn_through"])


def _record(action: AccessEvent.Action, consent: Consent) -> None:
    title = read_text(Purpose(consent.purpose), consent.version).title
    record(action=action, subjects=[consent.user_id], what=f"{title}, text {consent.version}")
