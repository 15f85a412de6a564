"""The simulated creator's account, learned once in each process and kept in memory: the database is only read."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from predictions.demo.creator import ZONE, SimulatedPost, history_of, posts_until
from predictions.engine import AccountHistory, Draft, GlobalModel, LearnedAccount, learn_account
from predictions.engine.evaluation.account_replay import AccountReplay, replay_account
from predictions.insights.services import Habits, tell_habits
from predictions.versions.registry import LoadedModel, registry
from predictions.versions.selectors import champion_id


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Everything the pages show of the creator, as of today's midnight where they live."""

    version_id: int | None
    """The model it was learned with; None: the prior."""
    as_of: datetime
    posts: list[SimulatedPost]
    """Oldest first."""
    history: AccountHistory
    learned: LearnedAccount
    replay: AccountReplay
    habits: Habits


log = structlog.get_logger(__name__)

WARM_UP_AFTER_S = 3.0
_lock = threading.Lock()
_learning = threading.Lock()
"""Held by the thread that learns a new day's account."""
_kept: DemoAccount | None = None
"""One account: a new day, or another model, takes the place of the last."""


def demo_account(now: datetime | None = None) -> tuple[GlobalModel, DemoAccount]:
    """Return the model that serves people on this installation, and the account as it was learned with it. One query.

    The first call in a process learns the account. In the first moments of a day yesterday's serves, while a thread
    learns today's.
    """
    loaded = registry.serving(champion_id())
    local = (now or timezone.now()).astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    kept = _kept
    if kept is None or kept.version_id != loaded.version_id:
        return loaded.model, _learn_once(loaded, midnight)
    if kept.as_of != midnight:
        threading.Thread(target=_learn_unless_another_does, args=(loaded, midnight), daemon=True).start()
    return loaded.model, kept


def warm_up() -> None:
    """Learn the account in a thread once the process has had time for its first requests, so that no visitor waits."""

    def learn() -> None:
        time.sleep(WARM_UP_AFTER_S)
        try:
            demo_account()
        except DatabaseError:
            log.warning("demo_not_warm")
        finally:
            connection.close()

    threading.Thread(target=learn, daemon=True).start()


def _learn_once(loaded: LoadedModel, midnight: datetime) -> DemoAccount:
    """Return the account as it is learned, by one thread at a time."""
    global _kept
    with _lock:
        if _kept is None or (_kept.version_id, _kept.as_of) != (loaded.version_id, midnight):
            _kept = _learn(loaded, midnight)
        return _kept


def _learn_unless_another_does(loaded: LoadedModel, midnight: datetime) -> None:
    if not _learning.locked():
        with _learning:
            _learn_once(loaded, midnight)


def _learn(loaded: LoadedModel, as_of: datetime) -> DemoAccount:
    posts = posts_until(as_of)
    history = history_of(posts)
    moment = int(as_of.timestamp())
    learned = learn_account(loaded.model, history, as_of=moment)
    replay = replay_account(loaded.model, history, as_of=moment)
    published = [Draft(post.posted_at, post.caption, post.duration_s, post.sound, post.cover) for post in history.posts]
    habits = tell_habits(loaded.model, learned, published, as_of)
    return DemoAccount(loaded.version_id, as_of, posts, history, learned, replay, habits)
