"""Signing in with TikTok, from the button to the session, and every way in which that can end."""

from datetime import datetime, timedelta
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.credentials import sealed_tokens
from accounts.linked.selectors import follower_counts
from accounts.linked.services import update_profile
from accounts.models import Credential, FollowerCount, TikTokAccount, User
from accounts.tiktok import client as tiktok
from accounts.tiktok.client import Profile
from privacy.purposes import Purpose
from privacy.trail import selectors as trail
from tests.accounts.support import (
    begin,
    come_back,
    creators,
    open_id_of,
    path_of,
    read_profile,
    sign_in,
    tiktok_that_answers,
    token_answer,
)
from tests.factories import TikTokAccountFactory
from tests.sandbox.client import consent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newcomers_agree")]


def signed_in_as(browser: Client) -> User | None:
    key = browser.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def nothing_was_changed() -> bool:
    return not (User.objects.exists() or TikTokAccount.objects.exists() or SocialAccount.objects.exists())


@pytest.mark.django_db(transaction=True)
def test_each_sign_in_is_recorded_once(sandbox, browser, creator):
    for times in (1, 2):
        sign_in(browser, creator)
        user = signed_in_as(browser)
        assert user
        events = trail.events_about(user.pk, by_others=False).filter(what__startswith="sign-in with TikTok")
        assert [(event.actor_kind, event.action, event.through) for event in events] == [
            ("person", "change", "page")
        ] * times
        assert not trail.events_about(user.pk, by_others=False).filter(what="tiktok_callback").exists()
        browser.logout()


def test_a_new_creator_gets_a_user_an_account_and_a_sealed_credential(sandbox, browser, creator):
    answer = sign_in(browser, creator)
    assert answer.status_code == 302
    user = signed_in_as(browser)
    assert user
    assert user.username.startswith("tiktok-")
    assert not user.has_usable_password()
    account = user.tiktok_accounts.get()
    assert account.credential.state == Credential.State.ACTIVE
    assert set(account.credential.scopes) == set(tiktok.SCOPES)
    remaining = account.credential.refresh_expires_at - account.connected_at
    assert remaining.days == 180
    token = sealed_tokens.unseal_token(account.credential, "access_token")
    assert open_id_of(token) == account.open_id
    assert read_profile(account).username == creator


def test_a_sign_in_reads_no_profile(sandbox, creator):
    """Neither of somebody new nor of somebody who consents: what TikTok shows of them is a refresh's to read."""
    sign_in(Client(), creator)
    sign_in(Client(), creator)
    account = TikTokAccount.objects.get()
    assert (account.display_name, account.username, account.follower_count) == ("", "", None)
    assert sandbox.control.requests("user/info") == []


def test_signing_in_again_finds_the_same_person(sandbox, creator):
    first, second = Client(), Client()
    sign_in(first, creator)
    sign_in(second, creator)
    assert signed_in_as(first) == signed_in_as(second)
    assert TikTokAccount.objects.count() == 1
    assert Credential.objects.get().version == 2


def test_the_consent_page_is_asked_for_the_right_things(sandbox, browser):
    address = begin(browser)
    query = parse_qs(urlsplit(address).query)
    assert address.startswith(sandbox.authorize_url)
    assert query["client_key"] == [sandbox.client_key]
    assert set(query["scope"][0].split(",")) == set(tiktok.SCOPES)
    assert query["redirect_uri"] == ["http://testserver/accounts/tiktok/login/callback/"]
    assert "code_challenge" not in query


def test_what_is_asked_cannot_be_changed_by_a_link(sandbox, browser):
    answer = browser.post(
        "/accounts/tiktok/login/?scope=video.publish&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example"
    )
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert "video.publish" not in query["scope"][0]
    assert query["redirect_uri"] == ["http://testserver/accounts/tiktok/login/callback/"]


def test_pkce_is_hex_where_it_is_switched_on(sandbox, settings, browser, creator):
    settings.TIKTOK_PKCE = True
    query = parse_qs(urlsplit(begin(browser)).query)
    assert len(query["code_challenge"][0]) == 64
    assert int(query["code_challenge"][0], 16)
    # the sandbox checks the verifier against the hex challenge
    sign_in(browser, creator)
    assert signed_in_as(browser)


def test_declined_scopes_leave_their_fields_empty(sandbox, browser, creator):
    sign_in(browser, creator, decline=["user.info.profile", "user.info.stats", "video.list"])
    account = read_profile(TikTokAccount.objects.get())
    assert signed_in_as(browser) == account.user
    assert account.display_name
    assert (account.username, account.is_verified) == ("", None)
    assert (account.follower_count, account.video_count) == (None, None)
    assert account.credential.scopes == ["user.info.basic"]


def test_scopes_declined_later_take_their_fields_away(sandbox, creator):
    sign_in(Client(), creator)
    assert read_profile(TikTokAccount.objects.get()).follower_count
    sign_in(Client(), creator, decline=["user.info.stats"])
    account = read_profile(TikTokAccount.objects.get())
    assert account.follower_count is None
    assert "user.info.stats" not in account.credential.scopes
    assert account.follower_counts.values_list("followers", flat=True).last() is None


def fetch_at(account: TikTokAccount, moment: datetime, followers: int | None) -> None:
    update_profile(account_id=account.pk, profile=Profile(open_id="", follower_count=followers), now=moment)


def test_followers_are_kept_as_they_were_counted():
    account, now = TikTokAccountFactory(follower_counts=None), timezone.now()
    days = [now - timedelta(days=age) for age in range(6, 0, -1)]
    for day, followers in zip(days, (None, 100, 100, 120, None, 100), strict=True):
        fetch_at(account, day, followers)
        # a worker that was killed after the commit does it again
        fetch_at(account, day, followers)
    kept = follower_counts(account.pk, now, purpose=Purpose.LEARNING)
    assert kept == [(days[1], 100), (days[3], 120), (days[4], None), (days[5], 100)]
    assert follower_counts(account.pk, days[3], purpose=Purpose.LEARNING) == kept[:2]


def test_the_last_count_of_accounts_that_were_there_before_is_kept_as_the_first():
    known = TikTokAccountFactory(follower_counts=None, profile_fetched_at=timezone.now())
    TikTokAccountFactory(follower_counts=None)
    migration = import_module("accounts.migrations.0002_follower_counts")
    with connection.cursor() as cursor:
        cursor.execute(migration.SEED)
    count = FollowerCount.objects.get()
    assert (count.account, count.followers, count.observed_at) == (known, 5_000, known.profile_fetched_at)
    assert count.consent_version == known.consent_version


def test_declining_everything_ends_kindly(sandbox, browser, creator):
    answer = sign_in(browser, creator, deny=True)
    assert answer.status_code == 302
    assert browser.get(answer["Location"]).status_code == 200
    assert nothing_was_changed()
    assert signed_in_as(browser) is None


def test_a_callback_that_nobody_began_is_refused(sandbox, creator):
    callback = consent(requests.Session(), begin(Client()), creator)
    answer = Client().get(path_of(callback))
    assert answer.status_code == 401
    assert "begun in another browser" in answer.context["failure"].words
    assert nothing_was_changed()


def test_a_code_works_once(sandbox, browser, creator):
    callback = consent(requests.Session(), begin(browser), creator)
    come_back(browser, callback)
    browser.post("/accounts/logout/")
    assert browser.get(path_of(callback)).status_code == 401
    assert signed_in_as(browser) is None


@pytest.mark.parametrize("kind", ["500", "429", "timeout", "truncated", "html"])
def test_where_tiktok_fails_nothing_is_changed(sandbox, browser, creator, impatient, kind):
    callback = consent(requests.Session(), begin(browser), creator)
    sandbox.control.fault(kind, "oauth/token", times=None)
    answer = come_back(browser, callback)
    assert answer.status_code == 401
    expected = "takes no more requests" if kind == "429" else "TikTok did not answer as it should"
    assert expected in answer.context["failure"].words
    assert nothing_was_changed()
    sandbox.control.clear_faults()
    sign_in(browser, creator)
    assert signed_in_as(browser)


OK = {"code": "ok", "message": "", "log_id": "1"}


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ((200, token_answer(scope="video.list")), "basic profile information"),
        ((200, token_answer(open_id="")), "did not answer"),
        ((200, []), "did not answer"),
        ((200, {"error": "invalid_grant", "error_description": "used", "log_id": "1"}), "refused the sign-in"),
        (
            (401, {"error": "invalid_client", "error_description": "no", "log_id": "1"}),
            "did not accept Postcast's own request",
        ),
        ((200, {key: value for key, value in token_answer().items() if key != "access_token"}), "did not"),
    ],
)
def test_odd_answers_end_in_words(sandbox, settings, browser, creator, token, says):
    callback = consent(requests.Session(), begin(browser), creator)
    with tiktok_that_answers({"/v2/oauth/token/": token}) as url:
        settings.TIKTOK_API_URL = url
        answer = come_back(browser, callback)
    assert answer.status_code == 401
    assert says in answer.context["failure"].words
    assert "Nothing was changed" in answer.context["failure"].words
    assert nothing_was_changed()


def test_texts_that_the_database_would_refuse_are_made_storable(sandbox, settings, browser, creator):
    sign_in(browser, creator)
    user = {"display_name": "An\0n\ud83d" + "n" * 300, "union_id": None}
    with tiktok_that_answers({"/v2/user/info/": (200, {"data": {"user": user}, "error": OK})}) as url:
        settings.TIKTOK_API_URL = url
        account = read_profile(TikTokAccount.objects.get())
    assert account.display_name == ("Ann?" + "n" * 300)[:255]


def test_one_person_may_link_several_accounts(sandbox, browser, creator, other_creator):
    sign_in(browser, creator)
    user = signed_in_as(browser)
    assert user
    sign_in(browser, other_creator, process="connect")
    assert signed_in_as(browser) == user
    assert {read_profile(account).username for account in user.tiktok_accounts.all()} == {creator, other_creator}
    assert User.objects.count() == 1
    # and may come in with either
    another = Client()
    sign_in(another, other_creator)
    assert signed_in_as(another) == user


def test_another_persons_account_is_not_taken_over(sandbox, browser, creator, other_creator):
    sign_in(Client(), other_creator)
    account = TikTokAccount.objects.get()
    sign_in(browser, creator)
    answer = sign_in(browser, other_creator, process="connect")
    assert answer["Location"] == "/settings/"
    assert ["belongs to another" in str(message) for message in get_messages(answer.wsgi_request)] == [True]
    assert TikTokAccount.objects.get(pk=account.pk).user == account.user
    assert TikTokAccount.objects.get(pk=account.pk).credential.version == 1


def test_staff_may_link_an_account_and_stay_staff(sandbox, browser, creator):
    staff = User.objects.create_superuser("staff", "a password")
    browser.force_login(staff)
    sign_in(browser, creator, process="connect")
    assert signed_in_as(browser) == staff
    assert staff.tiktok_accounts.count() == 1


def test_somebody_who_was_switched_off_cannot_come_in(sandbox, browser, creator):
    sign_in(Client(), creator)
    User.objects.update(is_active=False)
    sign_in(browser, creator)
    assert signed_in_as(browser) is None
    assert Credential.objects.get().version == 1


def test_nobody_signs_up_with_a_password(sandbox, browser):
    form = {"username": "eve", "password1": "long enough 1", "password2": "long enough 1"}
    for address in ("/accounts/signup/", "/_allauth/browser/v1/auth/signup", "/_allauth/app/v1/auth/signup"):
        browser.post(address, form)
    assert not User.objects.exists()


def test_allauth_keeps_nothing_but_the_id(sandbox, browser, creator):
    sign_in(browser, creator)
    social = SocialAccount.objects.get()
    assert (social.uid, social.extra_data) == (TikTokAccount.objects.get().open_id, {})
    assert not SocialToken.objects.exists()


def test_many_creators_get_names_of_their_own(sandbox):
    for creator in creators(sandbox)[:4]:
        sign_in(Client(), creator)
    assert User.objects.values("username").distinct().count() == 4


def test_signing_in_tells_the_other_apps_after_the_commit(
    sandbox, browser, creator, django_capture_on_commit_callbacks
):
    from accounts import signals

    heard = []

    def listen(account_id: int, **_: object) -> None:
        heard.append(account_id)

    signals.account_connected.connect(listen)
    try:
        with django_capture_on_commit_callbacks() as callbacks:
            sign_in(browser, creator)
        assert heard == []
        for callback in callbacks:
            callback()
    finally:
        signals.account_connected.disconnect(listen)
    assert heard == [TikTokAccount.objects.get().pk]
