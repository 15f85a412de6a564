"""Removing accounts from what was learned across accounts: erased ones, and those whose people withdrew consent.

A version that learned from one of them is found by its manifest. It is never promoted, rolled back to or put on a
canary. As the champion it is replaced within a week: even by a version that forecasts no better or, without any, by the
prior. Its artefact is emptied once it serves no more.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import transaction

from accounts.models import TikTokAccount
from predictions.models import ForgottenAccount, ModelVersion, ScoreRecord
from predictions.training.pseudonyms import pseudonym
from predictions.training.retraining import request_retraining
from predictions.versions.selectors import MAY_NOT_SERVE, canaries, champions, learned_from_forgotten, lock_roles
from predictions.versions.services import end_canary, make_champion
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import on_forget, on_stop, on_verify
from privacy.purposes import Purpose

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
RETRAINED_AFTER = timedelta(days=5)
"""Retraining is weekly; if it failed, one is requested in time for the promised seven days."""
SERVES_AT_MOST = timedelta(days=7) - 2 * EVERY
"""The prior serves after this, if no training succeeded: one hour for the check, and one to spare."""
LEFT_SINCE = "The champion learned from an account that left since, and must be replaced."
BY = "leave_forgotten_behind task"
LEARNS_UNDER = (Purpose.SERVICE, Purpose.LEARNING)


# already when work for them stops: revoking the access at TikTok, which comes before `on_forget`, may take a day
@on_stop
@on_forget
def forget_accounts(subject: Subject) -> None:
    """Record the accounts' pseudonyms as forgotten."""
    ForgottenAccount.objects.bulk_create(
        [ForgottenAccount(pseudonym=name) for name in _pseudonyms(subject)], ignore_conflicts=True
    )


def remember_accounts(subject: Subject) -> None:
    """Allow the accounts in models again, earlier ones included, after new consent."""
    ForgottenAccount.objects.filter(pseudonym__in=_pseudonyms(subject)).delete()


@on_verify
def manifests_with_unforgotten(texts: Collection[str]) -> list[str]:
    """Return what names one of the accounts without its being forgotten, and could serve on: manifests, sub-scores."""
    names = {pseudonym(text) for text in texts}
    forgotten = set(ForgottenAccount.objects.filter(pseudonym__in=names).values_list("pseudonym", flat=True))
    learned = ModelVersion.objects.filter(manifest__pseudonyms__has_any_keys=sorted(names - forgotten))
    scores = ScoreRecord.objects.filter(pseudonyms__has_any_keys=sorted(names - forgotten))
    return [
        *(f"manifest of {version}" for version in learned.order_by("pk").values_list("name", flat=True)),
        *map(str, scores.order_by("pk")),
    ]


def leave_behind() -> None:
    """Empty versions that may not serve, end such a canary, and have such a champion replaced in time."""
    for record in ScoreRecord.objects.all():
        if ForgottenAccount.objects.filter(pseudonym__in=record.pseudonyms).exists():
            # until they are learned anew, those of the champion are scored with
            record.delete()
    canary = canaries().first()
    if canary and learned_from_forgotten(canary):
        end_canary(by=BY, reason=f"{canary} {MAY_NOT_SERVE}")
    for version in ModelVersion.objects.exclude(artefact=b"").exclude(pk__in=champions()):
        if learned_from_forgotten(version):
            ModelVersion.objects.filter(pk=version.pk).update(artefact=b"")
            log.info("model_emptied", version=version.name)
    champion = champions().first()
    if champion and learned_from_forgotten(champion, forgotten_before=RETRAINED_AFTER):
        # requested again by the next check: messages must not pile up while no worker takes them
        request_retraining(reason=LEFT_SINCE, expires=EVERY)
    if serve_prior_instead_of_forgotten(by=BY, reason=f"{LEFT_SINCE} No new one came in time.", since=SERVES_AT_MOST):
        log.error("forgotten_champion_not_replaced", serves="the prior")


def serve_prior_instead_of_forgotten(*, by: str, reason: str, since: timedelta = timedelta()) -> bool:
    """Retire a champion that learned from an account that left at least `since` ago; return whether it did."""
    with transaction.atomic():
        champion = lock_roles().champion
        if champion is None or not learned_from_forgotten(champion, forgotten_before=since):
            return False
        make_champion(None, by=by, reason=reason)
    return True


def _pseudonyms(subject: Subject) -> list[str]:
    public_ids = TikTokAccount.objects.filter(pk__in=subject.account_ids).values_list("public_id", flat=True)
    return [pseudonym(public_id) for public_id in public_ids]
