"""What predictions does when another app tells of something."""

from typing import Any

from django.dispatch import receiver

from accounts.services import wait_for_writers
from posts.signals import posts_changed
from predictions import metrics
from predictions.forgetting import LEARNS_UNDER, forget_accounts, remember_accounts
from predictions.models import Feedback, Miss, Outcome, Prediction
from predictions.tasks import enqueue_weights_update
from privacy.consent.selectors import purposes_of
from privacy.consent.services import consent_given, consent_withdrawn
from privacy.declarations.registry import subject_of
from privacy.purposes import Purpose
from telemetry.signals import metrics_scraped


@receiver(posts_changed)
def learn_from_changed_posts(account_id: int, **_: Any) -> None:
    """Each page of a refresh tells of a change: they are gathered. `PostsChange` is what is relied on."""
    enqueue_weights_update(account_id)


@receiver(consent_withdrawn)
def erase_what_rested_on_consent(user_id: int, purpose: Purpose, **_: Any) -> None:
    """What was kept for a purpose goes with the consent to it, and so do models that learned under it."""
    wait_for_writers(user_id)
    if purpose == Purpose.DRAFTS:
        _erase_texts(user_id)
    elif purpose == Purpose.OUTCOMES:
        Outcome.objects.filter(prediction__account__user=user_id).delete()
    elif purpose == Purpose.LEARNING:
        Miss.objects.filter(account__user=user_id).delete()
    if purpose in LEARNS_UNDER:
        forget_accounts(subject_of(user_id))


@receiver(consent_given)
def learn_from_them_again(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose in LEARNS_UNDER and purposes_of(user_id).issuperset(LEARNS_UNDER):
        remember_accounts(subject_of(user_id))


def _erase_texts(user_id: int) -> None:
    """The forecasts stay, and what was ticked against them; drafts and people's own words go.

    The words were meant for staff, but somebody who reads that no text is kept any more has to be able to rely on it.
    """
    Prediction.objects.filter(account__user=user_id).exclude(caption="").update(caption="")
    Feedback.objects.filter(prediction__account__user=user_id).exclude(text="").update(text="")


@receiver(metrics_scraped)
def show_drift(**_: Any) -> None:
    metrics.show_drift()
