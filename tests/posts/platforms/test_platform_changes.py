"""A new platform goes through everything; and when a platform changes, people still get forecasts."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.linked.services import disconnect_account, end_grant
from accounts.models import TikTokAccount
from posts.ingest import schedule
from posts.ingest.services import NotConnected, request_refresh
from posts.models import Listing, Observation, Refresh
from posts.platforms.base import Urgency
from posts.platforms.registry import UnknownPlatform, kind_of, platform_of, register
from predictions.learning.services import update_weights
from predictions.models import AccountWeights, Outcome
from predictions.outcomes.services import meet_outcomes
from predictions.versions.services import register as register_model
from privacy.erasure.hooks import Revoked
from tests.posts.platforms.toy_platform import Toy, account_on, installed
from tests.posts.states import drive
from tests.predictions.conftest import champion, registry, trained_models  # noqa: F401
from tests.predictions.drafts import predict
from tests.predictions.histories import synthetic_histories
from tests.shared_models import trained

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]


@pytest.fixture
def toy():
    """A toy platform with forty posts, the last one two days ago."""
    toy = Toy()
    toy.publish(40, until=timezone.now() - timedelta(days=2))
    with installed(toy):
        yield toy


def refresh(account):
    """Read the account anew and learn from it; return the refresh."""
    request_refresh(account_id=account.pk)
    done = drive(account)
    assert done.state == Refresh.State.DONE, done.reason
    update_weights(account_id=account.pk)
    return done


def forecast(account):
    """Return the account's forecast, which has to be one."""
    prediction = predict(account).prediction
    assert 0 < prediction.low <= prediction.typical <= prediction.high
    return prediction


def beat(account):
    """Do what the schedule does for the account."""
    now = timezone.now()
    if account.pk in schedule.take_due_listings(now):
        schedule.discover_posts(account_id=account.pk)
    schedule.observe_account(account_id=account.pk)


# --- a new platform -------------------------------------------------------------------------------------------------


def test_a_third_platform_is_refreshed_observed_and_forecast(toy):
    account = account_on(toy)
    refresh(account)
    assert account.posts.count() == 40
    assert forecast(account).basis == "account"
    toy.publish(1, until=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(hours=1, minutes=10)):
        beat(account)
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=2)):
        beat(account)
    observed = Observation.objects.filter(post__tiktok_id="toy40", scheduled_age_h__isnull=False)
    assert list(observed.values_list("scheduled_age_h", flat=True)) == [1, 24]
    assert toy.asked[-2:] == [Urgency.EARLY, Urgency.DAY]


def test_each_platform_ends_its_own_grants(toy):
    account = account_on(toy)
    assert end_grant(account_id=account.pk, now=timezone.now()) == Revoked.YES
    disconnect_account(account_id=account.pk, now=timezone.now())
    with pytest.raises(NotConnected):
        request_refresh(account_id=account.pk)


def test_a_platform_that_is_taken_away_leaves_its_accounts_readable(toy):
    account = account_on(toy)
    refresh(account)
    TikTokAccount.objects.update(platform="gone")
    with pytest.raises(NotConnected):
        request_refresh(account_id=account.pk)
    with pytest.raises(UnknownPlatform, match="'gone' is no platform here"):
        platform_of(account.pk)
    assert forecast(account).basis == "account"


def test_a_platform_of_another_horizon_or_a_taken_name_is_refused(toy):
    with pytest.raises(ValueError, match="already"):
        register(Toy())
    late = Toy(name="late")
    late.horizon = timedelta(hours=48)
    with pytest.raises(ValueError, match="forecasts are made for"):
        register(late)


def test_files_are_a_platform_without_anything_to_ask():
    files = kind_of(TikTokAccount.Platform.FILE)
    assert not files.is_fetched
    assert files.calls_per_minute(Urgency.DAY) == 0
    assert kind_of(TikTokAccount.Platform.TIKTOK).is_fetched


# --- five changes (docs/platform-change.md) -------------------------------------------------------------------------


def test_strict_privacy_an_open_api_that_withholds_fields(toy):
    account = account_on(toy)
    refresh(account)
    toy.withheld = frozenset({"caption", "views", "shares"})
    toy.publish(5, until=timezone.now() - timedelta(days=1, hours=2), every=timedelta(hours=3))
    refresh(account)
    latest = Observation.objects.filter(post__tiktok_id="toy44").latest("pk")
    assert latest.likes is not None
    assert (latest.views, latest.shares) == (None, None)
    assert forecast(account).basis == "account"


def test_likes_that_are_withheld_from_the_start_are_worked_out_from_the_other_counts_and_told(toy):
    counted = account_on(toy)
    refresh(counted)
    toy.withheld = frozenset({"likes"})
    account = account_on(toy)
    refresh(account)
    assert not Observation.objects.filter(post__account=account, likes__isnull=False).exists()
    known, withheld = forecast(counted), forecast(account)
    assert withheld.low < known.typical < withheld.high
    assert withheld.high / withheld.low > known.high / known.low
    assert withheld.baseline is None
    assert any(warning.startswith("likes filled in: the likes of 20 of your last 20") for warning in withheld.warnings)
    assert not any("filled in" in warning for warning in known.warnings)


def test_likes_that_are_withheld_are_no_outcome(toy):
    account = account_on(toy)
    refresh(account)
    toy.withheld = frozenset({"likes"})
    made = predict(account, text="Dish toy40 #cooking", publish_at=timezone.now() + timedelta(minutes=5)).prediction
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        toy.publish(1, until=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(hours=26)):
        refresh(account)
        meet_outcomes()
        assert not Outcome.objects.filter(prediction=made).exists()
        toy.withheld = frozenset()
        refresh(account)
        meet_outcomes()
        assert Outcome.objects.get(prediction=made).is_measured


def test_rounded_counts_are_kept_as_such_and_told(toy):
    for post in toy.posts:
        post.likes *= 20
    exact = account_on(toy)
    refresh(exact)
    toy.digits = 2
    account = account_on(toy)
    refresh(account)
    rounded = Observation.objects.filter(post__account=account)
    large = [(each.likes, each.coarseness) for each in rounded if each.likes and each.likes >= 1000]
    assert large
    assert all(likes % 100 == 0 and coarseness for likes, coarseness in large)
    known, told = forecast(exact), forecast(account)
    assert told.typical == pytest.approx(known.typical, rel=0.1)
    assert any(warning.startswith("rounded counts: 20 of your last 20 posts") for warning in told.warnings)
    assert not any("rounded" in warning for warning in known.warnings)


def test_shorter_retention_keeps_what_was_learned(toy):
    account = account_on(toy)
    refresh(account)
    learned = AccountWeights.objects.get(account=account).posts
    toy.kept_for = timedelta(days=10)
    refresh(account)
    assert account.posts.filter(deleted_at=None).count() < 10
    assert AccountWeights.objects.get(account=account).posts == learned
    assert forecast(account).basis == "account"


def test_a_regional_split_each_region_within_its_own_limits():
    regions = [Toy(name="toy-eu", per_minute=1), Toy(name="toy-us", per_minute=50)]
    with installed(*regions):
        accounts = {toy.name: [account_on(toy) for _ in range(8)] for toy in regions}
        taken = set(schedule.take_due_listings(timezone.now()))
        assert len(taken & {account.pk for account in accounts["toy-eu"]}) == 5
        assert taken >= {account.pk for account in accounts["toy-us"]}
        # nobody is passed over for long
        rest = schedule.take_due_listings(timezone.now())
        assert {account.pk for account in accounts["toy-eu"]} <= taken | set(rest)
        for toy in regions:
            toy.publish(25, until=timezone.now() - timedelta(days=2))
            refresh(accounts[toy.name][0])
            assert forecast(accounts[toy.name][0]).basis == "account"


SHIFTED, RECOVERED = 3, 9
"""Posts after a shift of the level by which the range holds the next post, and by which the level is found again."""


@pytest.fixture
def fixed_toy():
    """The toy of `toy` on a day that never changes: a level that shifts is found in the same way each time."""
    with time_machine.travel("2026-12-01T12:00:00Z", tick=False):
        toy = Toy()
        toy.publish(40, until=timezone.now() - timedelta(days=2))
        with installed(toy):
            yield toy


def test_monetised_ranking_a_level_that_shifts_is_followed(fixed_toy):
    toy, until = fixed_toy, int(timezone.now().timestamp())
    # learned from accounts that had such shifts: from steady ones a model learns that levels stay
    model = trained("shifts", synthetic_histories(12, 40, until=until, shifts=0.1), until=until)
    register_model(model=model, metrics={}, promote=True)
    account = account_on(toy)
    refresh(account)
    # of the twenty likes of the new level seven in eight come on the first day
    level = 20 * 7 / 8
    assert forecast(account).typical > 3 * level
    start = timezone.now() - timedelta(days=1, hours=14)
    for number in range(RECOVERED):
        toy.publish(1, until=start + timedelta(hours=number), likes=20)
        if number + 1 in (SHIFTED, RECOVERED):
            refresh(account)
            shifted = forecast(account)
            assert shifted.low < 0.8 * shifted.typical < 0.64 * shifted.high
            assert shifted.low <= level <= shifted.high
            assert shifted.high / shifted.low > 4
    assert level / 2 < shifted.typical < 2 * level


def test_moderation_posts_that_vanish_for_hours_come_back_whole(toy):
    account = account_on(toy)
    refresh(account)
    for post in toy.posts[-15:]:
        post.hidden = True
    refresh(account)
    assert account.posts.exclude(deleted_at=None).count() == 15
    assert forecast(account).basis == "account"
    for post in toy.posts:
        post.hidden = False
    refresh(account)
    assert account.posts.count() == 40
    assert not account.posts.exclude(deleted_at=None).exists()
    assert not Listing.objects.get(account=account).is_unfinished
    assert forecast(account).basis == "account"
