"""How far an account is on its first day: reading its posts, learning them, replaying them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.linked.switcher import Connection
from posts.ingest.progress import RefreshStatus
from posts.models import Refresh

LATE_AFTER = timedelta(minutes=3)
"""Posts that wait so long to be learned are told to be late: usually it takes seconds."""


class StepState(StrEnum):
    """Where a step is."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    STOPPED = "stopped"
    """TikTok cannot be read at the moment, or not any more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of an account's way: two numbers of the change of its posts, and whether it is replayed.

    They are None without posts, and without weights.
    """

    posts: int
    changed_at: datetime | None
    posts_sequence: int | None
    learned_sequence: int | None
    is_replayed: bool


@dataclass(frozen=True, slots=True)
class FirstDay:
    """The three steps of an account's first day."""

    read: StepState
    learn: StepState
    replay: StepState
    posts: int
    """Posts known so far."""
    is_late: bool

    @property
    def is_moving(self) -> bool:
        """Whether something goes on that a page can follow."""
        return StepState.NOW in (self.read, self.learn, self.replay) or self.read == StepState.STOPPED

    @property
    def current(self) -> str:
        """The name of the step that goes on, for a page that follows."""
        steps = {"read": self.read, "learn": self.learn, "replay": self.replay}
        going = (name for name, state in steps.items() if state in (StepState.NOW, StepState.STOPPED))
        return next(going, "done")


def first_day(known: Known, refresh: RefreshStatus | None, connection: Connection, now: datetime) -> FirstDay | None:
    """Return how far the account's first day is; None where it is over, or where there is nothing to wait for."""
    read = _reading(refresh, connection)
    if known.is_replayed and (refresh is None or refresh.is_history_whole or not refresh.is_active):
        return None
    if not known.posts and read == StepState.DONE:
        return None
    if known.learned_sequence is None or known.learned_sequence < (known.posts_sequence or 0):
        learn, replay = (StepState.NOW if known.posts else StepState.NEXT), StepState.NEXT
    else:
        learn, replay = StepState.DONE, StepState.DONE if known.is_replayed else StepState.NOW
    is_late = not known.is_replayed and known.changed_at is not None and now - known.changed_at > LATE_AFTER
    return FirstDay(read, learn, replay, known.posts, is_late)


def _reading(refresh: RefreshStatus | None, connection: Connection) -> StepState:
    """Return the first step's state; an account that nothing is fetched for has nothing to read."""
    if connection != "ok":
        return StepState.DONE
    if refresh is None or refresh.state in (Refresh.State.QUEUED, Refresh.State.FETCHING):
        return StepState.NOW
    if refresh.state == Refresh.State.DONE or refresh.is_superseded:
        return StepState.DONE
    return StepState.STOPPED
