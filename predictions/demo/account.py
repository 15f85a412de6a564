"""The simulated creator's account, learned once in each process and kept in memory: the database is only read."""

import threading
from dataclasses import dataclass
from datetime import datetime

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


_lock = threading.Lock()
_kept: DemoAccount | None = None
"""One account: a new day, or another model, takes the place of the last."""


def demo_account(now: datetime | None = None) -> tuple[GlobalModel, DemoAccount]:
    """Return the model that serves people on this installation, and the account as it was learned with it. One query.

    The first call in a process, and the first of a day, learn the account.
    """
    global _kept
    loaded = registry.serving(champion_id())
    local = (now or timezone.now()).astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with _lock:
        if _kept is None or (_kept.version_id, _kept.as_of) != (loaded.version_id, midnight):
            _kept = _learn(loaded, midnight)
        return loaded.model, _kept


def _learn(loaded: LoadedModel, as_of: datetime) -> DemoAccount:
    posts = posts_until(as_of)
    history = history_of(posts)
    moment = int(as_of.timestamp())
    learned = learn_account(loaded.model, history, as_of=moment)
    replay = replay_account(loaded.model, history, as_of=moment)
    published = [Draft(post.posted_at, post.caption, post.duration_s, post.sound, post.cover) for post in history.posts]
    habits = tell_habits(loaded.model, learned, published, as_of)
    return DemoAccount(loaded.version_id, as_of, posts, history, learned, replay, habits)
