"""Writes of reports and of what is switched off."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from predictions.models import Prediction, SuggestionReport, SuggestionSwitch, VarietyCheck
from predictions.reports import selectors
from predictions.reports.variety import variety_of
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, hold
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)


class NoSuchSuggestion(ValueError):
    """The forecast has no suggestion of that rank."""

    def __init__(self, count: int) -> None:
        expected = f"a rank from 1 to {count}" if count else "none: nothing was suggested"
        super().__init__(f"This forecast has no such suggestion; expected {expected}.")


@transaction.atomic
def report_suggestion(
    *, prediction: Prediction, rank: int, reason: str, text: str = ""
) -> tuple[SuggestionReport, bool]:
    """Record a report in place of an earlier one of the same suggestion; return it, and whether it is the first.

    `text` is dropped for people who do not keep texts. Raises NoConsent and NoSuchSuggestion.
    """
    suggestions = prediction.suggestions or []
    if not 1 <= rank <= len(suggestions):
        raise NoSuchSuggestion(len(suggestions))
    agreed = hold(prediction.account.user_id)
    if Purpose.SERVICE not in agreed:
        raise NoConsent(Purpose.SERVICE)
    words = {"text": blank_contacts(text)} if Purpose.DRAFTS in agreed else {}
    report, is_first = SuggestionReport.objects.update_or_create(
        prediction=prediction,
        rank=rank,
        defaults={"feature": suggestions[rank - 1]["feature"], "reason": reason, **words},
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[prediction.account.user_id], what="a report of a suggestion")
    return report, is_first


def take_back_report(*, prediction: Prediction, rank: int) -> None:
    """Delete the report of the suggestion, if there is one."""
    SuggestionReport.objects.filter(prediction=prediction, rank=rank).delete()


def watch_suggestions(*, now: datetime | None = None) -> None:
    """Switch off the features whose suggestions fail or are reported often, and measure how alike suggestions are."""
    now = now or timezone.now()
    switch_off_bad_features(now=now)
    check_variety(now=now)


@transaction.atomic
def switch_off_bad_features(*, now: datetime) -> frozenset[str]:
    """Write each feature's record beside its switch, and return the features that were switched off now."""
    switches = {each.feature: each for each in SuggestionSwitch.objects.select_for_update()}
    bad = set()
    for feature, of_feature in selectors.feature_records(now).items():
        switch = switches.get(feature) or SuggestionSwitch(feature=feature, is_off=False, changed_at=now)
        switch.figures = asdict(of_feature)
        if of_feature.fault and not switch.is_off:
            switch.is_off, switch.why, switch.changed_at = True, of_feature.fault, now
            bad.add(feature)
            log.error("suggestions_switched_off", feature=feature, why=of_feature.fault)
        switch.save()
    return frozenset(bad)


def switch_on(*, features: Collection[str], now: datetime | None = None) -> int:
    """Suggest the features again, judged from now on alone; return how many were off."""
    now = now or timezone.now()
    off = SuggestionSwitch.objects.filter(feature__in=features, is_off=True)
    return off.update(is_off=False, why="switched on again by staff", changed_at=now, judged_from=now)


def check_variety(*, now: datetime) -> VarietyCheck:
    """Measure how different the suggestions of the last days are, and raise an alarm where they are too alike."""
    variety = variety_of(selectors.told_drafts(now), seed=int(now.timestamp()))
    check = VarietyCheck.objects.create(
        checked_at=now,
        accounts=variety.accounts,
        suggestions=variety.suggestions,
        varieties=dict(variety.varieties),
        similarity=variety.similarity,
        alarms=variety.alarms,
    )
    if check.alarms:
        log.error("suggestions_too_alike", alarms=check.alarms)
    return check
