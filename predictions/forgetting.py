"""Leaving accounts out of what was learned across accounts: erased ones, and those whose people take consent back.

A version that learned from one of them is found by its manifest. It is never promoted, gone back to or tried on a
canary; as the champion it is replaced within a week, even by a version that forecasts no better or, where there is
none, by the prior; and its artefact is emptied once it serves no more.
"""

from datetime import timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.engine import GlobalModel
from predictions.models import ForgottenAccount, ModelVersion
from predictions.pseudonyms import pseudonym
from predictions.registry import end_canary, lock_versions, make_champion
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import on_forget, on_stop
from privacy.purposes import Purpose

log = structlog.get_logger(__name__)

RETRAIN = "predictions.tasks.retrain_model"
EVERY = timedelta(hours=1)
RETRAINED_AFTER = timedelta(days=5)
"""Retraining is weekly; should it have failed, this asks for it in time for the seven days that are promised."""
SERVES_AT_MOST = timedelta(days=7) - 2 * EVERY
"""Then the prior serves, should no training have succeeded: one hour for the check, and one to spare."""
LEFT_SINCE = "The champion learned from an account that left since, and has to go."
MAY_NOT_SERVE = "learned from an account that left since, so it may not serve."
BY = "leave_forgotten_behind task"
LEARNS_UNDER = (Purpose.SERVICE, Purpose.LEARNING)


# as soon as work for them stops: before models are reached, TikTok may take a day to confirm that its access is ended
@on_stop
@on_forget
def forget_accounts(subject: Subject) -> None:
    """Note the accounts as manifests name them."""
    ForgottenAccount.objects.bulk_create(
        [ForgottenAccount(pseudonym=name) for name in _pseudonyms(subject)], ignore_conflicts=True
    )


def remember_accounts(subject: Subject) -> None:
    """Who agrees anew may stand in models again, those of before included."""
    ForgottenAccount.objects.filter(pseudonym__in=_pseudonyms(subject)).delete()


def learned_from_forgotten(learned: ModelVersion | GlobalModel, *, forgotten_before: timedelta = timedelta()) -> bool:
    """Whether it learned from an account that left (so long ago, or longer)."""
    left = ForgottenAccount.objects.filter(forgotten_at__lte=timezone.now() - forgotten_before)
    return left.filter(pseudonym__in=learned.manifest.get("pseudonyms", ())).exists()


def leave_behind() -> None:
    """Empty the versions that may serve no more; ask for a new champion while there is time, and do without after."""
    _end_forgotten_canary()
    for version in _with_artefact().exclude(role=ModelVersion.Role.CHAMPION):
        if learned_from_forgotten(version):
            ModelVersion.objects.filter(pk=version.pk).update(artefact=b"")
            log.info("model_emptied", version=version.name)
    champion = ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).first()
    if champion and learned_from_forgotten(champion, forgotten_before=RETRAINED_AFTER):
        # asked for again with the next check: messages that nobody takes must not pile up
        current_app.send_task(RETRAIN, kwargs={"reason": LEFT_SINCE}, expires=EVERY.total_seconds())
    if serve_prior_instead_of_forgotten(by=BY, reason=f"{LEFT_SINCE} No new one came in time.", since=SERVES_AT_MOST):
        log.error("forgotten_champion_not_replaced", serves="the prior")


def serve_prior_instead_of_forgotten(*, by: str, reason: str, since: timedelta = timedelta()) -> bool:
    """Retire a champion that learned from an account that left (so long ago, or longer); whether there was one."""
    with transaction.atomic():
        champion = next((v for v in lock_versions() if v.role == ModelVersion.Role.CHAMPION), None)
        if champion is None or not learned_from_forgotten(champion, forgotten_before=since):
            return False
        make_champion(None, by=by, reason=reason)
    return True


def _end_forgotten_canary() -> None:
    canary = ModelVersion.objects.filter(canary_share__gt=0).first()
    if canary and learned_from_forgotten(canary):
        end_canary(by=BY, reason=f"{canary} {MAY_NOT_SERVE}")


def _pseudonyms(subject: Subject) -> list[str]:
    public_ids = TikTokAccount.objects.filter(pk__in=subject.account_ids).values_list("public_id", flat=True)
    return [pseudonym(public_id) for public_id in public_ids]


def _with_artefact() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.exclude(artefact=b"")
