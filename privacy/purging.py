"""Retention by beat: what has been kept for long enough is deleted, in batches, and each run is reported.

Most rules stand in the declarations (`Table.expires`). A run that was killed leaves what it had not yet deleted to the
next one; two at once skip each other's rows. One rule that fails does not keep the others from running.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from privacy import consent, erasing
from privacy.declarations import people_of, tables
from privacy.models import AccessEvent, Erasure, RetentionRun, Through
from privacy.retention import INACTIVE_AFTER
from privacy.trail import record

log = structlog.get_logger(__name__)

BATCH = 2_000
EVERY = timedelta(hours=1)
LATE_AFTER = 3 * EVERY
WITHDRAWN_FOR = timedelta(days=30)
"""Data of those who took their consent to the service back is kept for so long, should they come back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that is not kept for ever; `purge` says how much it removed."""

    name: str
    purge: Callable[[datetime], int]


def rules() -> list[Rule]:
    """All of them: those of the declarations, and those that are more than a date in a column."""
    return [
        *_of_tables(),
        Rule("inactive people", _erase_inactive),
        Rule("withdrawn consents", _erase_withdrawn),
    ]


def purge_all(*, now: datetime | None = None) -> dict[str, int]:
    """Run every rule and report each run; how much each removed, those that failed left out."""
    now = now or timezone.now()
    removed = {}
    for rule in rules():
        run = RetentionRun.objects.create(rule=rule.name, started_at=timezone.now())
        try:
            run.removed = removed[rule.name] = rule.purge(now)
            run.finished_at = timezone.now()
        except Exception as error:
            run.error = type(error).__name__
            log.exception("retention_failed", rule=rule.name)
        run.save()
    return removed


def late_rules(*, now: datetime | None = None) -> list[str]:
    """Rules whose last good run is too long ago, or that never had one."""
    now = now or timezone.now()
    good = RetentionRun.objects.filter(finished_at__gt=now - LATE_AFTER)
    in_time = set(good.values_list("rule", flat=True))
    return [rule.name for rule in rules() if rule.name not in in_time]


def watch(*, now: datetime | None = None) -> list[str]:
    """Raise an alarm in the log for rules that are late; their names."""
    late = late_rules(now=now)
    if late:
        log.error("retention_late", rules=late)
    return late


def _of_tables() -> list[Rule]:
    return [
        Rule(
            f"{table.model}.{expiry.column}",
            lambda now, model=table.model, expiry=expiry: _purge_table(  # type: ignore[misc]
                apps.get_model(model), expiry.column, now - expiry.after
            ),
        )
        for table in tables()
        for expiry in table.expires
    ]


def _purge_table(model: type[models.Model], column: str, before: datetime) -> int:
    removed = 0
    told: set[int] = set()
    while True:
        with transaction.atomic():
            old = model._base_manager.filter(**{f"{column}__lt": before}).order_by("pk")
            pks = list(old.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:BATCH])
            if not pks:
                return removed
            people = people_of(model, pks) - told
            model._base_manager.filter(pk__in=pks).delete()
            what = f"{model._meta.verbose_name_plural}, deleted as it was time"
            record(action=AccessEvent.Action.CHANGE, subjects=people, what=what)
            told |= people
        removed += len(pks)


def _erase_inactive(now: datetime) -> int:
    """People who have not signed in for so long; staff are not erased like this."""
    before = now - INACTIVE_AFTER
    inactive = Q(last_login__lt=before) | Q(last_login=None, date_joined__lt=before)
    people = get_user_model()._default_manager.filter(inactive, is_staff=False)
    return _erase(people, Erasure.Reason.RETENTION)


def _erase_withdrawn(now: datetime) -> int:
    return _erase(consent.withdrawn_since(now - WITHDRAWN_FOR), Erasure.Reason.WITHDRAWAL)


def _erase(people: "models.QuerySet[models.Model]", reason: Erasure.Reason) -> int:
    pks = list(people.order_by("pk").values_list("pk", flat=True))
    for user_id in pks:
        erasing.request_erasure(user_id=user_id, reason=reason, through=Through.TASK, grace=None)
    return len(pks)
