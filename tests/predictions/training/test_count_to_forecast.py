"""From a count to a changed forecast, without anybody: the beat's tasks, a worker, the sandbox."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from accounts.models import TikTokAccount
from config.celery import app
from posts.ingest.tasks import observe_due_posts
from posts.models import Observation, Post
from predictions.engine import GlobalModel
from predictions.learning.services import update_weights
from predictions.models import AccountWeights, ForecastError, ScoreRecord
from predictions.scoring.records import latest_record
from predictions.training import selectors
from predictions.training.forgetting import leave_behind
from predictions.training.pseudonyms import pseudonym
from predictions.training.relearning import FEWEST_NEW, relearn_sub_scores
from predictions.training.tasks import relearn_sub_scores as relearn_task
from predictions.viralscore.subscores import Circumstances, post_table
from tests.factories import ForecastErrorFactory, PostFactory, history_of_posts
from tests.posts.conftest import connect, creator  # noqa: F401 fixtures
from tests.predictions.training.support import few_accounts, leaves
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Iterator[None]:
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="WARNING", shutdown_timeout=30):
        yield


def samples_of(account: TikTokAccount, now: datetime) -> list[float]:
    """The labels of the account's posts, the newest last, as the next training has them."""
    name = pseudonym(account.public_id)
    own = [history for history in selectors.training_histories(now) if history.account_id == name]
    curve, until = GlobalModel.prior().curve, int(now.timestamp())
    table = post_table(own, curve, lambda _account, _post: Circumstances(), until=until)
    labels: list[float] = table.propagation[~np.isnan(table.propagation)].tolist()
    return labels


def test_a_first_day_changes_the_account_the_sub_scores_and_the_samples(request) -> None:
    sandbox, link, handle = map(request.getfixturevalue, ("sandbox", "connect", "creator"))
    now = timezone.now()
    others = few_accounts()
    account = link(handle)
    app.control.purge()
    history_of_posts(account, count=8, until=now - timedelta(days=1))
    published = sandbox.control.posts(handle)[0]
    post = PostFactory(account=account, tiktok_id=published["id"], posted_at=now - timedelta(hours=24, minutes=10))
    for age_h in (1, 6):
        Observation.objects.create(
            post=post, scheduled_age_h=age_h, observed_at=post.posted_at + timedelta(hours=age_h), likes=10 * age_h
        )
    update_weights(account_id=account.pk)
    # all but one of the first days that the sub-scores wait for
    posts = Post.objects.filter(account__in=others, forecast_errors=None).select_related("account")
    wanted = FEWEST_NEW - 1 - ForecastError.objects.filter(age_h=24).count()
    ForecastError.objects.bulk_create(ForecastErrorFactory.build(post=each) for each in posts[:wanted])
    assert relearn_sub_scores() is None
    before, samples = AccountWeights.objects.get(account=account), samples_of(account, now)
    assert not post.observations.filter(scheduled_age_h=24).exists()

    request.getfixturevalue("worker")
    # as beat sends them
    observe_due_posts.delay()
    learned = AccountWeights.objects.filter(account=account, version__gt=before.version)
    wait_until(learned.exists, "the account was not learned anew")
    relearn_task.delay()
    wait_until(ScoreRecord.objects.exists, "the sub-scores were not learned anew")

    observed = post.observations.get(scheduled_age_h=24)
    assert observed.likes == published["likes"]
    assert learned.get().state != before.state
    assert ForecastError.objects.filter(post=post, age_h=24).count() == 1
    # so far the label was an estimate from the count at six hours
    now_sampled = samples_of(account, timezone.now())
    assert now_sampled[:-1] == samples[:-1]
    assert now_sampled[-1] != samples[-1]
    record = ScoreRecord.objects.get()
    assert record.new_posts == FEWEST_NEW
    assert pseudonym(account.public_id) in record.pseudonyms
    assert record.until > observed.observed_at
    # it is what forecasts are scored with, and is not learned again before as much is new
    served = latest_record(GlobalModel.prior())
    assert served is not None
    assert served.until == int(record.until.timestamp())
    assert relearn_sub_scores() is None
    # who leaves takes it along within the hour
    leaves(account)
    leave_behind()
    assert latest_record(GlobalModel.prior()) is None
