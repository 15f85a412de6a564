"""Leaving accounts out of what was learned across accounts: erased ones, and those whose people take consent back.

A version that learned from one of them is found by its manifest. It is never gone back to, it is replaced within a week
even by a version that forecasts no better, and its artefact is emptied once it serves no more.
"""

from datetime import timedelta

import structlog
from celery import current_app
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.models import ForgottenAccount, ModelVersion
from predictions.pseudonyms import pseudonym
from privacy.declarations import Subject
from privacy.erasing import on_forget
from privacy.purposes import Purpose

log = structlog.get_logger(__name__)

RETRAIN = "predictions.tasks.retrain_model"
RETRAINED_AFTER = timedelta(days=6)
"""Retraining is weekly; should it have failed, this asks for it in time for the seven days that are promised."""
LEFT_SINCE = "The champion learned from an account that left since, and has to go."
LEARNS_UNDER = (Purpose.SERVICE, Purpose.LEARNING)


@on_forget
def forget_accounts(subject: Subject) -> None:
    """Note the accounts as manifests name them."""
    ForgottenAccount.objects.bulk_create(
        [ForgottenAccount(pseudonym=name) for name in _pseudonyms(subject)], ignore_conflicts=True
    )


def remember_accounts(subject: Subject) -> None:
    """Who agrees anew may stand in models again, those of before included."""
    ForgottenAccount.objects.filter(pseudonym__in=_pseudonyms(subject)).delete()


def learned_from_forgotten(version: ModelVersion, *, forgotten_before: timedelta = timedelta()) -> bool:
    """Whether the version learned from an account that left (so long ago, or longer)."""
    left = ForgottenAccount.objects.filter(forgotten_at__lte=timezone.now() - forgotten_before)
    return left.filter(pseudonym__in=version.manifest.get("pseudonyms", ())).exists()


def leave_behind() -> None:
    """Empty the versions that may serve no more, and ask for a new champion while there is time."""
    for version in _with_artefact().exclude(role=ModelVersion.Role.CHAMPION):
        if learned_from_forgotten(version):
            ModelVersion.objects.filter(pk=version.pk).update(artefact=b"")
            log.info("model_emptied", version=version.name)
    champion = ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).first()
    if champion and learned_from_forgotten(champion, forgotten_before=RETRAINED_AFTER):
        current_app.send_task(RETRAIN, kwargs={"reason": LEFT_SINCE})


def _pseudonyms(subject: Subject) -> list[str]:
    public_ids = TikTokAccount.objects.filter(pk__in=subject.account_ids).values_list("public_id", flat=True)
    return [pseudonym(public_id) for public_id in public_ids]


def _with_artefact() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.exclude(artefact=b"")
