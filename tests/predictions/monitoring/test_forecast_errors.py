"""Learning records the error of each measured label once, of the forecast as of its publishing."""

import datetime

import numpy as np
import pytest
from django.db.models import F
from django.utils import timezone

from posts.models import Observation
from predictions.engine import Draft, forecast, learn_account, learn_and_replay
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.labels import EARLY_CURVE
from predictions.engine.evaluation.drift import KEPT_DAYS
from predictions.engine.types import DAY, HOUR, MIN_HISTORY, Z80
from predictions.learning import selectors as learning_selectors
from predictions.learning import services
from predictions.models import ForecastError
from predictions.monitoring import selectors as monitoring_selectors
from predictions.monitoring import services as drift
from predictions.versions import services as registry
from privacy.purposes import Purpose
from tests.factories import PostFactory, TikTokAccountFactory, history_of_posts
from tests.predictions.monitoring.support import moment

pytestmark = pytest.mark.django_db


def recorded_errors() -> dict[tuple[int, int], float]:
    return {(post, age_h): miss for post, age_h, miss in ForecastError.objects.values_list("post_id", "age_h", "error")}


def test_learning_records_the_errors_of_measured_labels_once(champion, account):
    now = timezone.now()
    history_of_posts(account, count=30, until=now)
    until = champion.manifest["until"]
    assert services.update_weights(account_id=account.pk, now=now)
    recorded = recorded_errors()
    untrained = account.posts.filter(posted_at__gt=moment(until - DAY))
    for age_h in (1, 24):
        of_age = untrained.filter(posted_at__lte=now - datetime.timedelta(hours=age_h))
        assert {post for post, age in recorded if age == age_h} == set(of_age.values_list("pk", flat=True))
    assert len(recorded) > 20
    assert set(ForecastError.objects.values_list("model_version", flat=True)) == {champion.pk}

    measured = PostFactory(account=account, posted_at=now - datetime.timedelta(hours=26), likes_by_hour={1: 30, 24: 90})
    young = PostFactory(account=account, posted_at=now - datetime.timedelta(hours=2), likes_by_hour={1: 30})
    estimated = PostFactory(account=account, posted_at=now - datetime.timedelta(hours=30), likes_by_hour={6: 90})
    # new counts change later forecasts, and no recorded row
    Observation.objects.filter(post=account.posts.first(), scheduled_age_h=None).update(likes=7)
    account.posts_change.sequence = 2
    account.posts_change.save()
    assert services.update_weights(account_id=account.pk, now=now)
    again = recorded_errors()
    assert again.keys() - recorded.keys() == {(measured.pk, 1), (measured.pk, 24), (young.pk, 1)}
    assert estimated.pk not in {post for post, _ in again}
    assert {key: again[key] for key in recorded} == recorded


def test_no_error_is_recorded_that_would_be_deleted_at_once(champion, account):
    now = timezone.now()
    newest = history_of_posts(account, count=12, until=now)[-1].posted_at
    services.update_weights(account_id=account.pk, now=now)
    recorded = dict(ForecastError.objects.filter(post__posted_at=newest).values_list("age_h", "pk"))
    assert recorded.keys() == {1, 24}
    # in between, the first hour's is older than errors are kept and the first day's is not
    later = newest + datetime.timedelta(days=KEPT_DAYS, hours=12)
    ForecastError.objects.filter(due_at__lte=later - datetime.timedelta(days=KEPT_DAYS)).delete()
    account.posts_change.sequence = 2
    account.posts_change.save()
    assert services.update_weights(account_id=account.pk, now=later)
    assert dict(ForecastError.objects.values_list("age_h", "pk")) == {24: recorded[24]}


def test_posts_that_the_model_was_trained_on_tell_nothing(trained_models, account):
    now = timezone.now()
    trained_models[0].manifest["until"], until = int(now.timestamp()), trained_models[0].manifest["until"]
    try:
        registry.register(model=trained_models[0], metrics={}, promote=True)
    finally:
        trained_models[0].manifest["until"] = until
    history_of_posts(account, count=30, until=now)
    assert services.update_weights(account_id=account.pk, now=now)
    assert not ForecastError.objects.exists()


def test_an_error_that_is_not_finite_is_not_kept(champion, account, monkeypatch):
    def learn_and_spoil(*args, **kwargs):
        state, errors = learn_and_replay(*args, **kwargs)
        errors.miss[:2] = errors.miss[-2:] = np.nan, np.inf
        return state, errors

    monkeypatch.setattr(services, "learn_and_replay", learn_and_spoil)
    history_of_posts(account, count=30, until=timezone.now())
    assert services.update_weights(account_id=account.pk)
    assert ForecastError.objects.count() > 10
    assert np.isfinite(list(ForecastError.objects.values_list("error", flat=True))).all()
    assert drift.check_drift().posts == ForecastError.objects.filter(age_h=24).count()


def test_an_error_is_that_of_the_forecast_as_of_the_publishing(trained_models, champion, account):
    now = timezone.now().replace(microsecond=0)
    history_of_posts(account, count=30, until=now)
    services.update_weights(account_id=account.pk, now=now)
    model = trained_models[0]
    everything = learning_selectors.account_history(account.pk, now, purpose=Purpose.SERVICE)
    drawn = ForecastError.objects.select_related("post").order_by("?")
    for miss in [*drawn.filter(age_h=24)[:4], *drawn.filter(age_h=1)[:4]]:
        then = miss.post.posted_at
        known = learning_selectors.account_history(account.pk, then, purpose=Purpose.SERVICE)
        state = learn_account(model, known, as_of=int(then.timestamp()))
        (published,) = (post for post in everything.posts if post.post_id == miss.post.public_id)
        draft = Draft(published.posted_at, published.caption, published.duration_s, published.sound, published.cover)
        given = forecast(model, state, draft, as_of=published.posted_at)
        typical, low, high = np.log1p([given.typical, given.low, given.high])
        age = miss.age_h * HOUR
        likes = next(seen.likes for seen in published.observations if seen.observed_at - published.posted_at == age)
        curve = EARLY_CURVE if age == HOUR else GrowthCurve()
        label, promised = np.log1p(likes * np.exp(curve.gain(age))), max((high - low) / (2 * Z80), 0.1)
        wider = np.hypot(promised, curve.sd(age, count=likes)) / promised
        # going through a history, effects are learned anew for every tenth more labels
        assert miss.error == pytest.approx((label - typical) / promised / wider, abs=0.02)
        assert miss.covered == (typical - (typical - low) * wider <= label <= typical + (high - typical) * wider)


def test_what_was_published_before_anything_was_counted_is_left_out(account):
    """Somebody signs in a day after a post, and goes on: all posts until then are counted at that moment."""
    now = timezone.now()
    posts = history_of_posts(account, count=60, until=now)
    signed_in = posts[50].posted_at + datetime.timedelta(hours=25)
    until_then = Observation.objects.filter(post__in=posts[:51], observed_at__lt=signed_in)
    until_then.filter(observed_at__gt=F("post__posted_at") + datetime.timedelta(hours=1)).delete()
    until_then.update(observed_at=signed_in)
    services.update_weights(account_id=account.pk, now=now)
    assert set(ForecastError.objects.filter(age_h=24).values_list("post", flat=True)) == {
        post.pk for post in posts[51:]
    }


def test_of_many_accounts_a_share_is_tested(monkeypatch, champion):
    now = timezone.now()
    accounts = [TikTokAccountFactory() for _ in range(6)]
    for each in accounts:
        history_of_posts(each, count=20, until=now)
        services.update_weights(account_id=each.pk, now=now)
    assert len(np.unique(monitoring_selectors.forecast_errors(now).account)) == 6
    monkeypatch.setattr(monitoring_selectors, "ERROR_ACCOUNTS", 4)
    some = monitoring_selectors.forecast_errors(now)
    assert 0 < len(np.unique(some.account)) <= 4
    assert len(some.account) == ForecastError.objects.filter(account__in=np.unique(some.account).tolist()).count()


def test_short_histories_are_left_out(account):
    now = timezone.now()
    history_of_posts(account, count=MIN_HISTORY, until=now)
    services.update_weights(account_id=account.pk, now=now)
    assert not ForecastError.objects.exists()
