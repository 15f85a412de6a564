"""A refresh survives faults of TikTok, or fails with a sentence for the person and succeeds the next time."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tiktok.errors import TikTokUnavailable
from posts.ingest import refreshing, schedule
from posts.ingest.measuring import MAX_TROUBLES_IN_A_ROW
from posts.ingest.selectors import MAX_COVER_ATTEMPTS
from posts.ingest.services import request_refresh
from posts.models import PostContent, Refresh
from posts.platforms.tiktok import covers
from posts.platforms.tiktok.client import DisplayAPI
from tests.posts.states import assert_like_the_sandbox, drive, latest_refresh
from tests.prove import SEED, scaled

pytestmark = pytest.mark.django_db(transaction=True)

PASSING = ["429", "500", "timeout", "slow", "truncated", "html"]
REASON_OF = {
    "truncated": "tiktok_unexpected_answer",
    "html": "tiktok_unexpected_answer",
    **dict.fromkeys(("500", "timeout", "slow"), "tiktok_unavailable"),
}
FAULTS = [
    *((endpoint, kind) for endpoint in ("user/info", "video/list", "video/query", "cover") for kind in PASSING),
    *((endpoint, "expired_token") for endpoint in ("user/info", "video/list", "video/query")),
    # an answer with new tokens that is cut off is lost: see below
    *(("oauth/token", kind) for kind in PASSING if kind != "truncated"),
]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("accounts.tiktok.client.DEADLINE_S", 0.3)
    monkeypatch.setattr(covers, "DEADLINE_S", 0.3)


@pytest.fixture(autouse=True)
def _impatient_where_answers_do_not_come(request):
    # only there: on a busy machine a right answer may take longer than that, and would be requested twice
    if "kind" in request.fixturenames and request.getfixturevalue("kind") in ("timeout", "slow"):
        request.getfixturevalue("impatient")


def of_every_run(endpoint: str, kind: str) -> bool:
    """Return whether `make test` has this fault: every kind once, and every call with those that break differently."""
    return endpoint == "video/list" or kind in ("500", "truncated", "expired_token")


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [fault if of_every_run(*fault) else pytest.param(*fault, marks=pytest.mark.prove) for fault in FAULTS],
)
def test_a_passing_fault_changes_nothing_in_the_end(sandbox, creator, connect, endpoint, kind):
    account = connect(creator)
    if endpoint == "oauth/token":
        sandbox.control.expire_access_tokens()
        account.credential.access_expires_at = timezone.now()
        account.credential.save()
    # of endpoints that are called more than once, the second call
    after = 1 if endpoint in ("video/list", "cover") else 0
    sandbox.control.fault(kind, endpoint, after=after, seconds=0.05 if kind == "slow" else 2)
    assert drive(account).state == Refresh.State.DONE
    assert any(request["fault"] == kind for request in sandbox.control.requests(endpoint))
    if PostContent.objects.filter(cover_state=PostContent.Cover.PENDING).exists():
        assert (endpoint, kind) == ("cover", "truncated")
        schedule.discover_posts(account_id=account.pk)
    assert_like_the_sandbox(account, sandbox.control.posts(creator))


@pytest.mark.prove
def test_any_sequence_of_faults_changes_nothing_in_the_end(
    sandbox, creator, connect, impatient, monkeypatch, record_property
):
    # giving up is not tested here
    monkeypatch.setattr(refreshing, "MAX_ATTEMPTS", 1000)
    chance, account, hit = random.Random(SEED), connect(creator), 0
    possible = [fault for fault in FAULTS if fault[0] not in ("oauth/token", "cover")]
    for _ in range(scaled(40)):
        already = len(sandbox.control.requests())
        for endpoint, kind in chance.choices(possible, k=6):
            sandbox.control.fault(kind, endpoint, after=chance.randrange(4), times=chance.randint(1, 3), seconds=0.05)
        request_refresh(account_id=account.pk)
        assert drive(account, turns=60).state == Refresh.State.DONE
        hit += sum(request["fault"] is not None for request in sandbox.control.requests()[already:])
        sandbox.control.clear_faults()
        # covers whose addresses could not be asked for wait for the next listing
        schedule.discover_posts(account_id=account.pk)
        assert_like_the_sandbox(account, sandbox.control.posts(creator))
    assert hit
    record_property("refreshes that ended as without faults", scaled(40))
    record_property("faults on their way", hit)


# a lasting 429 is waited for: see test_freshness.py
@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        *(("user/info", kind) for kind in ("500", "truncated", "html")),
        *(("video/list", kind) for kind in ("500", "truncated", "timeout")),
    ],
)
def test_a_lasting_fault_ends_with_a_reason_and_heals(sandbox, creator, connect, monkeypatch, endpoint, kind):
    monkeypatch.setattr(refreshing, "MAX_ATTEMPTS", 2)
    account = connect(creator)
    sandbox.control.fault(kind, endpoint, times=None, after=1 if endpoint == "video/list" else 0)
    refresh = drive(account, turns=15)
    first_page_is_kept = endpoint == "video/list"
    assert refresh.state == (Refresh.State.PARTLY_READ if first_page_is_kept else Refresh.State.FAILED)
    # after ten failures the host rests, and then it counts as unavailable
    assert refresh.reason in (REASON_OF[kind], "tiktok_unavailable")
    assert account.posts.exists() == first_page_is_kept
    sandbox.control.clear_faults()
    request_refresh(account_id=account.pk)
    assert drive(account).state == Refresh.State.DONE
    assert_like_the_sandbox(account, sandbox.control.posts(creator))


def test_a_refresh_fails_only_after_all_its_attempts(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("500", "video/list", times=None)
    assert drive(account, turns=refreshing.MAX_ATTEMPTS - 1).state == Refresh.State.WAITING
    assert drive(account, turns=1).state == Refresh.State.FAILED


def test_a_failed_attempt_waits_before_the_next(sandbox, creator, connect):
    account = connect(creator)
    refresh = latest_refresh(account)
    sandbox.control.fault("500", "video/list", times=None)
    refreshing.run_refresh(refresh_id=refresh.pk)
    asked = len(sandbox.control.requests("video/list"))
    # neither a message that is delivered again nor the beat goes on before the time
    refreshing.run_refresh(refresh_id=refresh.pk)
    assert refreshing.resume_stalled(now=timezone.now() + timedelta(seconds=30)) == []
    assert len(sandbox.control.requests("video/list")) == asked
    assert refreshing.resume_stalled(now=timezone.now() + timedelta(minutes=2)) == [refresh.pk]


def test_a_revoked_grant_asks_to_connect_again_and_heals(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("revoked_grant", "video/list", after=1)
    refresh = drive(account)
    assert refresh.state == Refresh.State.FAILED
    assert refresh.reason == "connection_lost"
    connect(creator, user=account.user)
    assert drive(account).state == Refresh.State.DONE
    assert_like_the_sandbox(account, sandbox.control.posts(creator))


def test_new_tokens_that_were_lost_on_the_way_ask_to_connect_again(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.expire_access_tokens()
    sandbox.control.fault("truncated", "oauth/token")
    refresh = drive(account)
    assert refresh.state == Refresh.State.FAILED
    assert refresh.reason == "connection_lost"
    connect(creator, user=account.user)
    assert drive(account).state == Refresh.State.DONE


def test_an_access_token_that_ends_early_is_renewed_once(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.expire_access_tokens(creator)
    assert drive(account).state == Refresh.State.DONE
    renewals = [entry for entry in sandbox.control.requests("oauth/token") if entry["grant_type"] == "refresh_token"]
    assert len(renewals) == 1


@pytest.mark.parametrize("kind", PASSING)
def test_covers_that_cannot_be_had_never_fail_a_refresh(sandbox, creator, connect, kind):
    account = connect(creator)
    sandbox.control.fault(kind, "cover", times=None)
    assert drive(account).state == Refresh.State.DONE
    assert set(PostContent.objects.values_list("cover_state", flat=True)) == {"pending"}
    if kind != "truncated":
        # the host is down: the other covers are left for later instead of waiting for each in vain
        assert PostContent.objects.filter(cover_attempts=1).count() == MAX_TROUBLES_IN_A_ROW
    sandbox.control.clear_faults()
    schedule.discover_posts(account_id=account.pk)
    assert_like_the_sandbox(account, sandbox.control.posts(creator))


def test_after_a_few_attempts_a_cover_is_given_up(sandbox, creator, connect):
    account = connect(creator)
    sandbox.control.fault("truncated", "cover", times=None)
    drive(account)
    for _ in range(MAX_COVER_ATTEMPTS - 1):
        assert set(PostContent.objects.values_list("cover_state", flat=True)) == {"pending"}
        PostContent.objects.update(cover_retry_at=None)
        schedule.discover_posts(account_id=account.pk)
    PostContent.objects.update(cover_retry_at=None)
    asked = len(sandbox.control.requests("cover"))
    schedule.discover_posts(account_id=account.pk)
    assert set(PostContent.objects.values_list("cover_state", flat=True)) == {"unavailable"}
    assert len(sandbox.control.requests("cover")) == asked


def test_a_host_of_covers_in_trouble_holds_up_no_cover_for_good(sandbox, creator, connect):
    """Covers that failed wait behind the others."""
    account = connect(creator)
    sandbox.control.fault("500", "cover", times=3 * MAX_TROUBLES_IN_A_ROW)
    drive(account)
    sandbox.control.fault("500", "cover", times=3 * MAX_TROUBLES_IN_A_ROW)
    schedule.discover_posts(account_id=account.pk)
    assert PostContent.objects.filter(cover_attempts=1).count() == 2 * MAX_TROUBLES_IN_A_ROW


def test_logs_name_the_call_and_tiktoks_log_id_but_no_address(sandbox, creator, connect, caplog):
    account = connect(creator)
    sandbox.control.fault("500", "video/list")
    sandbox.control.fault("500", "cover")
    drive(account)
    (failed,) = [entry for entry in sandbox.control.requests("video/list") if entry["fault"]]
    assert failed["log_id"] in caplog.text
    assert "/v2/video/list/" in caplog.text
    assert "x-signature" not in caplog.text


def test_a_listing_that_goes_in_circles_ends_with_a_reason(creator, connect, monkeypatch):
    account = connect(creator)
    fetch_page = DisplayAPI.page
    monkeypatch.setattr(DisplayAPI, "page", lambda api, cursor: fetch_page(api, None))
    refresh = drive(account, turns=20)
    assert (refresh.state, refresh.reason) == (Refresh.State.PARTLY_READ, "tiktok_unexpected_answer")


def test_trouble_with_videos_keeps_nobody_from_signing_in(sandbox, creator, connect, monkeypatch):
    monkeypatch.setattr("config.outside.breaker.REST_S", 60.0)
    monkeypatch.setattr("config.outside.breaker.LONGEST_REST_S", 60.0)
    account = connect(creator)
    sandbox.control.fault("500", "video/list", times=None)
    drive(account)
    with pytest.raises(TikTokUnavailable, match="host_resting"):
        DisplayAPI(account.pk).page(None)
    assert connect(creator, user=account.user).pk == account.pk
