"""Simulated forecast errors as rows, and checks at a moment: for the tests of monitoring."""

import datetime
from datetime import UTC

import numpy as np

from posts.models import Post
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.evaluation.drift import ForecastErrors
from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import DAY, HORIZON, HOUR
from predictions.models import DriftCheck, ForecastError
from predictions.monitoring import services as drift
from tests.engine.evaluation.drifting import first_days
from tests.factories import TikTokAccountFactory, UserFactory

ALARM, UNSETTLED = DriftCheck.Verdict.ALARM, DriftCheck.Verdict.UNSETTLED
START = 1_789_948_800
"""A UTC midnight; fixed, because creators' posts depend on it."""
SHIFT = 40 * DAY


def moment(seconds: int) -> datetime.datetime:
    """Return the UTC moment of seconds since 1970."""
    return datetime.datetime.fromtimestamp(seconds, UTC)


def store(misses: ForecastErrors) -> None:
    """Store the errors, counted from START, as rows of posts that have nothing else."""
    # all of one person, because writing a person's consents takes longest
    accounts = TikTokAccountFactory.create_batch(int(misses.account.max()) + 1, user=UserFactory())
    whole = first_days(misses)
    posted_at = [moment(START + at) for at in whole.posted_at.tolist()]
    posts = Post.objects.bulk_create(
        Post(account=accounts[account], tiktok_id=str(number), posted_at=at, first_seen_at=at, last_seen_at=at)
        for number, (account, at) in enumerate(zip(whole.account.tolist(), posted_at, strict=True))
    )
    features = np.random.default_rng(1).normal(size=(len(misses), len(TABULAR))).astype("<f4")
    ForecastError.objects.bulk_create(
        ForecastError(
            post=post,
            account=post.account,
            age_h=age // HOUR,
            due_at=moment(START + due),
            error=miss,
            covered=covered,
            features_version=FEATURES_VERSION,
            features=row.tobytes() if age == HORIZON else b"",
        )
        for post, age, due, miss, covered, row in zip(
            posts * 2,
            misses.age.tolist(),
            misses.due_at.tolist(),
            misses.miss.tolist(),
            misses.covered.tolist(),
            features,
            strict=True,
        )
    )


def check(seconds: int, commit) -> DriftCheck:
    """Check drift at a moment counted from START, and run its commit callbacks."""
    with commit(execute=True):
        return drift.check_drift(now=moment(START + seconds))
