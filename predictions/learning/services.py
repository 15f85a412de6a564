"""Learning an account: its state is replaced when it is stale, and new forecast errors are recorded with it."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.linked.services import lock_account
from posts.models import Post
from predictions.engine import AccountHistory, LearnedAccount, learn_and_replay
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.effects.summary import summarise_effects
from predictions.engine.evaluation.drift import KEPT_DAYS
from predictions.engine.replay_errors import ReplayErrors
from predictions.engine.types import HORIZON, HOUR
from predictions.learning import selectors
from predictions.learning.signals import weights_learned
from predictions.models import AccountWeights, ForecastError
from predictions.versions.canary import record_failure
from predictions.versions.registry import LoadedModel, registry
from predictions.versions.selectors import champion_id
from privacy.consent.selectors import has_consent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

_LEARNING_LOCKS = 0x77656967
"""First key of the advisory locks on learning; the second is the account's."""


def update_weights(*, account_id: int, now: datetime | None = None) -> bool:
    """Learn the account again if its weights are stale, and return whether they were.

    Workers at the same account wait for each other; all but the first find its weights up to date.
    """
    now = now or timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            # the key has 32 bits: accounts that share one only wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LEARNING_LOCKS, account_id & 0x7FFFFFFF])
        champion = registry.to_learn_with(champion_id())
        # read before the posts: a change in between leaves the weights stale rather than unnoticed
        stale = selectors.stale_weights(account_id, now, model_id=champion.version_id)
        if stale is None:
            return False
        history = selectors.account_history(account_id, now, purpose=Purpose.SERVICE)
        loaded, learned, errors = _learn(history, champion, stale.canary_id, int(now.timestamp()))
        # learning may take seconds, in which the account can be erased or its consent withdrawn
        account = lock_account(account_id)
        row = {
            "model_version_id": loaded.version_id,
            "posts_sequence": stale.posts_sequence,
            "as_of": now,
            "time_zone": history.zone,
            "posts": learned.posts,
            "state": learned.to_bytes(),
            "summary": asdict(summarise_effects(loaded.model.effects, learned.effects)),
        }
        AccountWeights.objects.update_or_create(
            account_id=account_id, defaults={**row, "version": F("version") + 1}, create_defaults=row
        )
        if has_consent(account.user_id, Purpose.LEARNING):
            record_forecast_errors(account_id=account_id, loaded=loaded, errors=errors, now=now)
        record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="posts, and what is learned of them")
        transaction.on_commit(lambda: weights_learned.send(sender=AccountWeights, account_id=account_id), robust=True)
    return True


def record_forecast_errors(*, account_id: int, loaded: LoadedModel, errors: ReplayErrors, now: datetime) -> int:
    """Record the errors of posts and ages that have none yet, and return how many.

    Labels that the model was trained on are left out, and so are errors that are not finite: one would make every
    drift check fail.
    """
    untrained = errors.posted_at + HORIZON > loaded.model.manifest.get("until", 0)
    kept = errors.posted_at + errors.age > int((now - timedelta(days=KEPT_DAYS)).timestamp())
    usable = np.flatnonzero(untrained & kept & np.isfinite(errors.miss)).tolist()
    rows = {(errors.post_id[row], int(errors.age[row])): row for row in usable}
    posts = Post.objects.filter(account=account_id, public_id__in={post_id for post_id, _ in rows})
    keys = dict(posts.values_list("public_id", "pk"))
    recorded = set(ForecastError.objects.filter(account=account_id).values_list("post", "age_h"))
    new = [
        ForecastError(
            post_id=keys[post_id],
            account_id=account_id,
            model_version_id=loaded.version_id,
            age_h=age // HOUR,
            due_at=datetime.fromtimestamp(errors.posted_at[row] + age, UTC),
            error=errors.miss[row],
            covered=errors.covered[row],
            features_version=FEATURES_VERSION,
            features=errors.features[row].astype("<f4").tobytes() if age == HORIZON else b"",
        )
        for (post_id, age), row in rows.items()
        if post_id in keys and (keys[post_id], age // HOUR) not in recorded
    ]
    ForecastError.objects.bulk_create(new)
    return len(new)


def _learn(
    history: AccountHistory, champion: LoadedModel, canary_id: int | None, as_of: int
) -> tuple[LoadedModel, LearnedAccount, ReplayErrors]:
    """Learn with the canary if it serves the account, and with the champion otherwise or if the canary fails.

    The canary's failure is recorded only if the champion succeeds: else the history is to blame.
    """
    failure: Exception | None = None
    if canary_id is not None:
        try:
            loaded = registry.challenger(canary_id) or champion
            return loaded, *learn_and_replay(loaded.model, history, as_of=as_of)
        except Exception as error:  # noqa: BLE001 whatever a challenger raises, the account is learned
            failure = error
    learned, errors = learn_and_replay(champion.model, history, as_of=as_of)
    if failure:
        record_failure(canary_id, failure)
    return champion, learned, errors
