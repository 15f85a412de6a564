"""Purging: rules delete rows that were kept for long enough, in batches, and each run is reported.

Most rules are declared (`Table.expires`); apps register rules that are more than a date in a column (`on_purge`). The
run after a killed one deletes the rest; two runs at once skip each other's rows. A rule that fails does not stop the
others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from privacy.consent.selectors import withdrawn_since
from privacy.declarations.kinds import Expiry, Table
from privacy.declarations.registry import people_of, tables
from privacy.erasure.inactivity import INACTIVE_AFTER
from privacy.erasure.services import request_erasure
from privacy.models import AccessEvent, Erasure, PersonalData, RetentionRun, Through
from privacy.models.parts import delete_unreferenced
from privacy.trail.services import record

log = structlog.get_logger(__name__)

BATCH = 2_000
EVERY = timedelta(hours=1)
LATE_AFTER = 3 * EVERY
WITHDRAWN_FOR = timedelta(days=30)
"""Time that data is kept after consent to the service is withdrawn, in case the person comes back."""
OVERDUE_AFTER = timedelta(days=7)
"""Time that rows may be overdue: their person is being erased, which can wait a day for TikTok."""

Purge = Callable[[datetime], int]
_REGISTERED: dict[str, Purge] = {}


class KeptTooLong(Exception):
    """Rows of these tables still exist long after the day that is stamped on them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of retention. `purge` returns how much it removed, or how many erasures it asked for."""

    name: str
    purge: Purge


def on_purge(name: str) -> Callable[[Purge], Purge]:
    """Return a decorator that registers an app's rule under the name."""

    def register(purge: Purge) -> Purge:
        _REGISTERED[name] = purge
        return purge

    return register


def rules() -> list[Rule]:
    """Return all rules, declared and registered."""
    return [
        *_of_tables(),
        *(Rule(name, purge) for name, purge in _REGISTERED.items()),
        Rule("objects whose rows are gone", lambda now: delete_unreferenced()),
        Rule("erasures asked for: inactive people", _erase_inactive),
        Rule("erasures asked for: withdrawn consents", _erase_withdrawn),
        Rule("rows past their last day", _find_overdue),
    ]


def purge_all(*, now: datetime | None = None) -> dict[str, int]:
    """Run every rule and store a report of each run; return how much each removed, failed ones left out."""
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
    """Return the rules whose last good run is too long ago, or that never had one."""
    now = now or timezone.now()
    good = RetentionRun.objects.filter(finished_at__gt=now - LATE_AFTER)
    in_time = set(good.values_list("rule", flat=True))
    return [rule.name for rule in rules() if rule.name not in in_time]


def watch(*, now: datetime | None = None) -> list[str]:
    """Return the names of the rules that are late, and log them as an error."""
    late = late_rules(now=now)
    if late:
        log.error("retention_late", rules=late)
    return late


def _of_tables() -> list[Rule]:
    return [
        Rule(
            f"{table.model}.{expiry.column}",
            lambda now, model=table.model, expiry=expiry: _purge_table(  # type: ignore[misc]
                apps.get_model(model), expiry, now
            ),
        )
        for table in tables()
        for expiry in table.expires
    ]


def _purge_table(model: type[models.Model], expiry: Expiry, now: datetime) -> int:
    removed = 0
    ended = model._base_manager.filter(**{f"{expiry.column}__lt": now - expiry.after}).exclude(**expiry.but_not)
    recorded: set[int] = set()
    while True:
        with transaction.atomic():
            old = ended.order_by("pk").select_for_update(skip_locked=True, of=("self",))
            pks = list(old.values_list("pk", flat=True)[:BATCH])
            if not pks:
                return removed
            people = people_of(model, pks) - recorded
            model._base_manager.filter(pk__in=pks).delete()
            what = f"{model._meta.verbose_name_plural}, deleted as it was time"
            record(action=AccessEvent.Action.CHANGE, subjects=people, what=what)
            recorded |= people
        removed += len(pks)


def _find_overdue(now: datetime) -> int:
    """Raise KeptTooLong where a rule, an erasure or an extension has not done what the stamps promise."""
    overdue = [table.model for table in tables() if table.personal and _has_overdue(table, now - OVERDUE_AFTER)]
    if overdue:
        raise KeptTooLong(", ".join(overdue))
    return 0


def _has_overdue(table: Table, before: datetime) -> bool:
    model = apps.get_model(table.model)
    if not issubclass(model, PersonalData):
        return False
    # staff are not erased for being away
    is_staff = "is_staff" if table.person == "pk" else f"{table.person}__is_staff"
    return bool(model._base_manager.filter(retain_until__lt=before, **{is_staff: False}).exists())


def _erase_inactive(now: datetime) -> int:
    """Request the erasure of people who have not signed in for too long; staff are left out."""
    before = now - INACTIVE_AFTER
    inactive = Q(last_login__lt=before) | Q(last_login=None, date_joined__lt=before)
    people = get_user_model()._default_manager.filter(inactive, is_staff=False)
    return _erase(people, Erasure.Reason.RETENTION)


def _erase_withdrawn(now: datetime) -> int:
    return _erase(withdrawn_since(now - WITHDRAWN_FOR), Erasure.Reason.WITHDRAWAL)


def _erase(people: "models.QuerySet[models.Model]", reason: Erasure.Reason) -> int:
    active = Erasure.objects.filter(user_id=OuterRef("pk"), whole=True, state__in=Erasure.ACTIVE)
    pks = list(people.filter(~Exists(active)).order_by("pk").values_list("pk", flat=True))
    for user_id in pks:
        request_erasure(user_id=user_id, reason=reason, through=Through.TASK, grace=None)
    return len(pks)
