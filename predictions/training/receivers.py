"""Forget accounts when consent to learning from them is withdrawn; allow them again when it is given."""

from typing import Any

from django.dispatch import receiver

from predictions.training.forgetting import LEARNS_UNDER, forget_accounts, remember_accounts
from privacy.consent.selectors import purposes_of
from privacy.consent.services import consent_given, consent_withdrawn
from privacy.declarations.registry import subject_of
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def forget_on_withdrawal(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose in LEARNS_UNDER:
        forget_accounts(subject_of(user_id))


@receiver(consent_given)
def remember_on_consent(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose in LEARNS_UNDER and purposes_of(user_id).issuperset(LEARNS_UNDER):
        remember_accounts(subject_of(user_id))
