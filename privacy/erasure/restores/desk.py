"""Facts of the staff's privacy desk: pending erasures and copies without names, the ledger, and the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from privacy.erasure import ledger
from privacy.erasure.restores.gate import GATE
from privacy.erasure.restores.replay import reason_to_stay_shut
from privacy.erasure.selectors import DONE_WITHIN
from privacy.models import DataExport, Erasure

SHOWN = 50
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pending:
    """An erasure that waits or runs."""

    erasure: Erasure
    is_due: bool
    is_late: bool
    holds_up: str
    """What it waits for, in words."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk shows."""

    erasures: Sequence[Pending]
    copies: Sequence[DataExport]
    failed_copies: int
    erased: int
    """Erasures that the ledger holds."""
    ledger_fault: str
    """Why ledger and database disagree; empty where they agree."""
    gate: str
    """Why nobody is let in; empty while the gate is open."""


def desk_of(now: datetime) -> Desk:
    """Return what is to be erased or copied, and how ledger and gate stand."""
    waiting = Erasure.objects.filter(state__in=Erasure.ACTIVE).order_by("due_at", "pk")[:SHOWN]
    copies = DataExport.objects.filter(state__in=DataExport.ACTIVE).order_by("requested_at")[:SHOWN]
    failed = DataExport.objects.filter(state=DataExport.State.FAILED, requested_at__gt=now - LATELY)
    fault = reason_to_stay_shut()
    return Desk(
        [_pending(erasure, now) for erasure in waiting],
        list(copies),
        failed.count(),
        0 if fault else len(ledger.entries()),
        fault,
        GATE.reason(),
    )


def _pending(erasure: Erasure, now: datetime) -> Pending:
    is_due = erasure.due_at <= now
    if erasure.left:
        holds_up = f"something was still found: {', '.join(map(str, erasure.left))}"
    elif not is_due:
        holds_up = "its days of grace"
    elif erasure.told_tiktok is None and erasure.state == Erasure.State.RUNNING:
        holds_up = "TikTok has not confirmed the end of its access"
    else:
        holds_up = f"a worker; {erasure.attempts} attempts" if erasure.attempts else "a worker"
    return Pending(erasure, is_due, erasure.due_at < now - DONE_WITHIN, holds_up)
