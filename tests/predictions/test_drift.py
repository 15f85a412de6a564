"""Drift on the real path: learning records forecast errors, checks are recorded, an alarm requests retraining."""

import datetime
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from prometheus_client import REGISTRY as PROMETHEUS

from accounts.models import TikTokAccount
from posts.models import Observation, Post
from predictions.engine import Draft, forecast, learn_account, learn_and_replay, train
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.data.history_file import read_history_file
from predictions.engine.data.labels import EARLY_CURVE
from predictions.engine.evaluation.drift import KEPT_DAYS, ForecastErrors
from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import DAY, HORIZON, HOUR, MIN_HISTORY, Z80
from predictions.learning import selectors as learning_selectors
from predictions.learning import services
from predictions.models import DriftCheck, ForecastError, ModelEvent, ModelVersion
from predictions.monitoring import selectors as monitoring_selectors
from predictions.monitoring import services as drift
from predictions.monitoring.metrics import show_drift
from predictions.versions import services as registry
from privacy.purposes import Purpose
from tests.engine.drifting import first_days, simulated
from tests.factories import PostFactory, TikTokAccountFactory, UserFactory, enter_admin, history_of_posts
from tests.predictions.audience import publish
from tests.prove import SEED, scaled
from tests.sandbox import population
from tests.sandbox.effects import Shift

pytestmark = pytest.mark.django_db

ALARM, UNSETTLED = DriftCheck.Verdict.ALARM, DriftCheck.Verdict.UNSETTLED
START = 1_789_948_800
"""A UTC midnight; fixed, because what creators publish follows from it."""
SHIFT = 40 * DAY


@pytest.fixture
def requested(monkeypatch) -> list[str]:
    """The reasons of the requests for retraining."""
    reasons: list[str] = []

    def send_task(name: str, kwargs: dict[str, str], expires: float | None) -> None:
        assert name == "predictions.training.tasks.retrain_model"
        reasons.append(kwargs["reason"])

    monkeypatch.setattr(current_app, "send_task", send_task)
    return reasons


def moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, UTC)


def store(misses: ForecastErrors) -> None:
    """Store the errors, counted from START, as rows of posts that have nothing else."""
    # of one person: what each agrees to takes longer to write than all else
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


@pytest.fixture
def shifted() -> None:
    """Forty accounts whose audience goes at SHIFT and does not come back."""
    store(simulated(3, at=SHIFT, level=-1.3))


def check(seconds: int, commit) -> DriftCheck:
    """The check of a moment counted from START, with what it does after its commit."""
    with commit(execute=True):
        return drift.check_drift(now=moment(START + seconds))


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
        assert miss.error == pytest.approx((label - typical) / promised / wider, abs=1e-6)
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


def test_what_can_no_longer_be_tested_has_no_value(champion) -> None:
    figures = {figure: {"score": 3.0, "recent": 1.0, "reference": 0.5} for figure in ("level", "error")}
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="steady", posts=9, figures=figures, features={})
    show_drift()
    DriftCheck.objects.create(checked_at=timezone.now(), verdict="too_few", posts=0, figures={}, features={})
    show_drift()
    for gauge in ("score", "recent", "reference"):
        assert str(PROMETHEUS.get_sample_value(f"postcast_drift_{gauge}", {"figure": "level"})) == "nan"


def test_short_histories_are_left_out(account):
    now = timezone.now()
    history_of_posts(account, count=MIN_HISTORY, until=now)
    services.update_weights(account_id=account.pk, now=now)
    assert not ForecastError.objects.exists()


def test_an_alarm_is_recorded_and_asks_for_retraining_once(
    shifted, requested, django_capture_on_commit_callbacks
) -> None:
    commit = django_capture_on_commit_callbacks
    assert check(SHIFT - HOUR, commit).verdict == DriftCheck.Verdict.STEADY
    alarm = check(SHIFT + DAY, commit)
    assert alarm.verdict == ALARM
    assert alarm.changed_since is not None
    assert moment(START + SHIFT - DAY) <= alarm.changed_since <= alarm.checked_at
    assert set(alarm.figures) == {"level", "error", "uncovered", "early_level"}
    assert "drift: early_level" in alarm.reason
    assert alarm.features == {}
    assert requested == [alarm.reason]

    # what is trained now would know nothing of the change
    assert [check(SHIFT + DAY + hour * HOUR, commit).verdict for hour in (1, 12, 24, 48)] == [UNSETTLED] * 4
    assert requested == [alarm.reason]
    assert DriftCheck.objects.filter(verdict=ALARM).count() == 1


COMPARED = {"slice": [0, 1]}


def trained(alarm: DriftCheck, *, days: float, figures: dict[str, list[int]] | None) -> None:
    """A version that learned until so many days after the first changed day was over; without figures it was never
    compared."""
    assert alarm.changed_since is not None
    until = int((alarm.changed_since + datetime.timedelta(days=1 + days)).timestamp())
    version = ModelVersion.objects.create(name="v9.0.0", artefact=b"", signature="", manifest={"until": until})
    if figures is not None:
        ModelEvent.objects.create(kind=ModelEvent.Kind.REFUSED, to_version=version, figures=figures)


def when_it_can_be_learned(alarm: DriftCheck) -> int:
    """When a training looks back to the first changed day, counted from START."""
    assert alarm.changed_since is not None
    return int(alarm.changed_since.timestamp()) - START + 15 * DAY


def test_retraining_is_asked_for_again_once_a_training_can_have_seen_the_change(
    shifted, requested, django_capture_on_commit_callbacks
) -> None:
    commit = django_capture_on_commit_callbacks
    alarm = check(SHIFT + DAY, commit)
    seen = when_it_can_be_learned(alarm)
    check(seen - HOUR, commit)
    assert len(requested) == 1
    check(seen + HOUR, commit)
    assert requested == [alarm.reason] * 2
    # nothing comes of that: the message was lost, or the training failed
    for hour in (2, 24, 25, 26, 48):
        check(seen + hour * HOUR, commit)
    assert requested == [alarm.reason] * 3
    trained(alarm, days=1, figures=COMPARED)
    check(seen + 72 * HOUR, commit)
    assert requested == [alarm.reason] * 3
    assert DriftCheck.objects.filter(verdict=ALARM).count() == 1


@pytest.mark.parametrize(
    ("days", "figures"),
    [
        pytest.param(-1, COMPARED, id="learned until before the change"),
        pytest.param(1, None, id="cut off before it was compared"),
        pytest.param(1, {}, id="its comparison failed"),
    ],
)
def test_what_tells_nothing_of_the_change_is_no_answer_to_the_alarm(
    days, figures, shifted, requested, django_capture_on_commit_callbacks
) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    trained(alarm, days=days, figures=figures)
    check(when_it_can_be_learned(alarm) + HOUR, django_capture_on_commit_callbacks)
    assert len(requested) == 2


def test_an_alarm_ends_when_the_change_has_become_usual(shifted, requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    alarm = check(SHIFT + DAY, commit)
    settled = check(SHIFT + DAY + 28 * DAY, commit)
    assert settled.verdict == DriftCheck.Verdict.SETTLED
    alarm.refresh_from_db()
    assert alarm.over_at == settled.checked_at


def test_two_checks_of_one_moment_are_one(shifted, requested, django_capture_on_commit_callbacks) -> None:
    commit = django_capture_on_commit_callbacks
    assert check(SHIFT + DAY, commit) == check(SHIFT + DAY, commit)
    assert len(requested) == 1


def test_without_errors_there_is_no_verdict(requested) -> None:
    found = drift.check_drift()
    assert (found.verdict, found.posts, found.figures, found.features) == (DriftCheck.Verdict.TOO_FEW, 0, {}, {})


def test_any_process_serves_the_gauges(
    client, settings, shifted, requested, django_capture_on_commit_callbacks
) -> None:
    alarm = check(SHIFT + DAY, django_capture_on_commit_callbacks)
    settings.METRICS_TOKEN = "metrics"
    told = client.get(reverse("telemetry:metrics"), headers={"authorization": "Bearer metrics"}).content.decode()
    figures = dict(line.rsplit(" ", 1) for line in told.splitlines() if line.startswith("postcast_drift"))
    assert float(figures['postcast_drift_score{figure="level"}']) == alarm.figures["level"]["score"]
    assert float(figures['postcast_drift_reference{figure="uncovered"}']) == alarm.figures["uncovered"]["reference"]
    assert float(figures["postcast_drift_open_alarms"]) == float(figures["postcast_drift_alarms"]) == 1
    assert float(figures["postcast_drift_checked_timestamp_seconds"]) == alarm.checked_at.timestamp()


def test_features_that_move_are_recorded_and_raise_no_alarm(requested, django_capture_on_commit_callbacks) -> None:
    store(simulated(3))
    column = TABULAR.index("duration")
    for miss in ForecastError.objects.filter(age_h=24, due_at__gt=moment(START + SHIFT - 7 * DAY)):
        features = np.frombuffer(miss.features, "<f4").copy()
        features[column] += 3
        miss.features = features.tobytes()
        miss.save()
    found = check(SHIFT, django_capture_on_commit_callbacks)
    assert list(found.features) == ["duration"]
    assert found.verdict == DriftCheck.Verdict.STEADY
    assert requested == []


def test_features_of_another_version_are_not_compared(requested) -> None:
    store(simulated(3))
    ForecastError.objects.filter(due_at__lte=moment(START + SHIFT - 7 * DAY)).update(
        features_version=0, features=b"other"
    )
    assert drift.check_drift(now=moment(START + SHIFT)).features == {}


def test_staff_see_checks_and_errors(client, shifted, requested, django_capture_on_commit_callbacks) -> None:
    check(SHIFT + DAY, django_capture_on_commit_callbacks)
    enter_admin(client)
    for name, key in (
        ("driftcheck", DriftCheck.objects.get().pk),
        ("forecasterror", ForecastError.objects.latest("due_at").pk),
    ):
        assert client.get(reverse(f"admin:predictions_{name}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:predictions_{name}_change", args=[key])).status_code == 200


def test_beat_checks_every_hour() -> None:
    current_app.loader.import_default_modules()
    assert django_settings.CELERY_BEAT_SCHEDULE["check drift"]["task"] in current_app.tasks


# --- the sandbox's creators: stationary for weeks, then their audience changes ---------------------------------------

STATIONARY_DAYS = 30
HISTORY = 40
"""Posts before the weeks that are watched; the first of these weeks are the first reference."""


def live_through(
    accounts: list[TikTokAccount], shift_at: int, commit, *, every: int, until: int
) -> tuple[list[DriftCheck], DriftCheck | None]:
    """The alarms before anything had changed, and the first one after: checks from the first week on.

    Labels are forecast as of each post's publishing whenever that is computed, so they are all learned at the end; the
    checks see those that were due.
    """
    for account in accounts:
        assert services.update_weights(account_id=account.pk, now=moment(until))
    moments = range(shift_at - STATIONARY_DAYS * DAY, until + 1, every)
    before: list[DriftCheck] = []
    for now in moments:
        with commit(execute=True):
            found = drift.check_drift(now=moment(now))
        if found.verdict == ALARM:
            if now > shift_at:
                return before, found
            before.append(found)
    return before, None


def test_the_sandbox_with_another_audience_rings_within_a_day(requested, django_capture_on_commit_callbacks) -> None:
    shift_at, until = START + SHIFT, START + SHIFT + DAY
    accounts = publish(1, START, until, history=HISTORY, shifts=[Shift(shift_at, "", hours=0, level=-1.2)])
    commit = django_capture_on_commit_callbacks
    before, found = live_through(accounts, shift_at, commit, every=6 * HOUR, until=until)
    assert before == []
    assert found is not None
    assert found.figures["early_level"]["recent"] < found.figures["early_level"]["reference"]
    assert requested == [found.reason]


@pytest.mark.prove
@pytest.mark.parametrize("shift", [(0.0, -0.7), (0.0, -1.2), (0.0, 1.2), (8.0, 0.0)], ids=str)
def test_how_soon_the_sandbox_with_another_audience_rings(
    shift, requested, django_capture_on_commit_callbacks, record_property, tmp_path
) -> None:
    """With a model trained on other creators of the sandbox, and checks every hour."""
    hours, level = shift
    train_on_population(tmp_path / "population.csv.gz", until=START)
    shift_at, until = START + SHIFT, START + SHIFT + 8 * DAY
    early, delays = 0, []
    for run in range(scaled(1)):
        ForecastError.objects.all().delete()
        DriftCheck.objects.all().delete()
        TikTokAccount.objects.all().delete()
        accounts = publish(SEED + run, START, until, history=HISTORY, shifts=[Shift(shift_at, "", hours, level)])
        before, found = live_through(accounts, shift_at, django_capture_on_commit_callbacks, every=HOUR, until=until)
        early += len(before)
        delays.append((found.checked_at.timestamp() - shift_at) / HOUR if found else np.inf)
    record_property("false_alarms_before", early)
    record_property("hours_until_the_alarm", [round(delay, 1) for delay in delays])
    if abs(level) > 1:
        assert early <= len(delays)
        assert np.median(delays) <= 24


def train_on_population(path: Path, until: int) -> None:
    population.write(path, seed=77, accounts=60, posts_max=80, until=until)
    registry.register(model=train(read_history_file(path), until=until), metrics={}, promote=True)
