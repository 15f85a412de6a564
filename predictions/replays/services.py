"""Replaying an account, and storing what was found."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.linked.services import lock_account
from predictions.engine import HORIZON, GlobalModel, LearnedAccount, UnreadableAccount
from predictions.engine.effects.best_times import best_times
from predictions.engine.evaluation.account_replay import AccountReplay as Replayed
from predictions.engine.evaluation.account_replay import replay_account
from predictions.learning.selectors import account_history
from predictions.models import AccountReplay, AccountWeights
from predictions.replays import selectors
from predictions.replays.record import missing_posts, replayed_posts
from predictions.training.pseudonyms import pseudonym
from predictions.versions.registry import LoadedModel, registry
from predictions.versions.selectors import champion_id
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

RECENT_POSTS = 20
"""Latest posts whose times are the account's usual ones, and whose distances are its pace."""


def update_replay(*, account_id: int, now: datetime | None = None) -> bool:
    """Replay the account if its replay is stale, and return whether it was.

    It is the work of the model that the account's weights were learned with; where this process has another one, the
    weights are about to be learned again, and the replay after them. Two workers at once write the same.
    """
    now = now or timezone.now()
    weights = selectors.stale_replays(now).filter(pk=account_id).defer(None).first()
    if weights is None or (loaded := _model_of(weights)) is None:
        return False
    history = account_history(account_id, now, purpose=Purpose.SERVICE)
    replayed = replay_account(loaded.model, history, as_of=int(now.timestamp()))
    with transaction.atomic():
        # it took a second, in which the account can be erased or its consent withdrawn
        account = lock_account(account_id)
        row = {
            "model_version_id": loaded.version_id,
            "time_zone": weights.time_zone,
            "weights_posts": weights.posts,
            "as_of": now,
            "history": len(replayed.history),
            "enough_at": _enough_at(replayed, now),
            "posts": replayed_posts(replayed.posts, learned_until=_learned_until(loaded, account.public_id)),
            "usual": {name: [round(count, 1) for count in counts] for name, counts in replayed.usual.items()},
            "best_times": _best_times(weights, loaded, replayed),
        }
        AccountReplay.objects.update_or_create(
            account_id=account_id, defaults={**row, "version": F("version") + 1}, create_defaults=row
        )
        record(
            action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="posts, and forecasts of them as of then"
        )
    return True


def _model_of(weights: AccountWeights) -> LoadedModel | None:
    """Return the model that the weights were learned with; None while it is not at hand."""
    champion = registry.to_learn_with(champion_id())
    if weights.model_version_id == champion.version_id:
        return champion
    return None if weights.model_version_id is None else registry.challenger(weights.model_version_id)


def _learned_until(loaded: LoadedModel, public_id: str) -> int:
    """Return the moment (epoch seconds) until which the model learned from the account; 0: it did not."""
    manifest = loaded.model.manifest
    return int(manifest.get("until", 0)) if pseudonym(public_id) in manifest.get("pseudonyms", ()) else 0


def _enough_at(replayed: Replayed, now: datetime) -> datetime | None:
    """Return when there will be enough posts at the account's pace; None with enough, or without a pace."""
    missing = missing_posts(len(replayed.posts), len(replayed.history))
    recent = replayed.history[-RECENT_POSTS:]
    if not missing or len(recent) < 2:
        return None
    pace = timedelta(seconds=float(np.median(np.diff(recent))))
    return now + missing * pace + timedelta(seconds=HORIZON)


def _best_times(weights: AccountWeights, loaded: LoadedModel, replayed: Replayed) -> list[dict[str, Any]]:
    try:
        learned = LearnedAccount.from_bytes(bytes(weights.state))
    except UnreadableAccount:
        # the next forecast, or the release that changed the format, has the account learned again
        return []
    return times_against_usual(loaded.model, learned, replayed)


def times_against_usual(model: GlobalModel, learned: LearnedAccount, replayed: Replayed) -> list[dict[str, Any]]:
    """Return the times that are better than those of the account's latest posts."""
    return [asdict(best) for best in best_times(model.effects, learned.effects, replayed.history[-RECENT_POSTS:])]
