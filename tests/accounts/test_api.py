"""The REST API of people, accounts and API tokens."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.linked.services import disconnect_account
from accounts.models import APIToken, User
from accounts.tokens.services import MAX_API_TOKENS, api_token_digest, create_api_token, revoke_api_token
from config.api.scopes import Scope
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, UserFactory, disagree

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(user: User) -> str:
    return create_api_token(user=user, name="script")[1]


def with_token(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


# --- API tokens as a way in -------------------------------------------------------------------------------------------


def test_a_token_lets_a_program_in(user, token):
    assert with_token(token).get("/api/v1/me/").json()["username"] == user.username


def test_only_a_digest_is_stored(user, token):
    row = APIToken.objects.get()
    assert token.startswith("pc_")
    assert len(token) == 43
    assert token.startswith(row.hint)
    assert token[len(row.hint) :] not in str(APIToken.objects.values().get())
    assert row.digest == api_token_digest(token)


def test_no_two_tokens_are_alike(user):
    assert len({create_api_token(user=user, name="script")[1] for _ in range(MAX_API_TOKENS)}) == MAX_API_TOKENS


def refuse_unknown(token: str, row: APIToken) -> str:
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def refuse_revoked(token: str, row: APIToken) -> str:
    revoke_api_token(token=row, now=timezone.now())
    return token


def refuse_expired(token: str, row: APIToken) -> str:
    APIToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return token


def refuse_switched_off(token: str, row: APIToken) -> str:
    User.objects.update(is_active=False)
    return token


@pytest.mark.parametrize("spoil", [refuse_unknown, refuse_revoked, refuse_expired, refuse_switched_off])
def test_a_token_that_is_not_good_is_refused(token, spoil):
    answer = with_token(spoil(token, APIToken.objects.get())).get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'
    assert answer["Content-Type"] == "application/problem+json"
    assert token not in answer.content.decode()


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer eyJhbGciOi", "Basic cGM6eA==", "Token pc_x", "pc_x", "é"]
)
def test_other_headers_are_no_way_in_and_no_error(api, header):
    answer = api.get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    presented = ', error="invalid_token"' if header.startswith("Bearer") else ""
    assert answer["WWW-Authenticate"] == f'Bearer realm="api"{presented}'


def test_another_scheme_does_not_get_in_the_way_of_a_session(signed_in):
    assert signed_in.get("/api/v1/me/", HTTP_AUTHORIZATION="Bearer of-a-proxy").status_code == 200


def test_its_use_is_noted_at_most_once_a_minute(token, time_machine):
    time_machine.move_to("2026-12-01T12:00:00Z", tick=False)
    with_token(token).get("/api/v1/me/")
    first = APIToken.objects.get().last_used_at
    assert first == timezone.now()
    time_machine.shift(59)
    with_token(token).get("/api/v1/me/")
    assert APIToken.objects.get().last_used_at == first
    time_machine.shift(2)
    with_token(token).get("/api/v1/me/")
    assert APIToken.objects.get().last_used_at == timezone.now()


# --- managing tokens --------------------------------------------------------------------------------------------------


def test_a_person_makes_sees_and_revokes_tokens(signed_in):
    made = signed_in.post("/api/v1/tokens/", {"name": "laptop"}, format="json")
    assert made.status_code == 201
    plain = made.json()["token"]
    assert with_token(plain).get("/api/v1/me/").status_code == 200
    listed = signed_in.get("/api/v1/tokens/").json()["results"]
    assert [each["name"] for each in listed] == ["laptop"]
    assert "token" not in listed[0]
    assert plain not in str(listed)
    assert signed_in.delete(f"/api/v1/tokens/{made.json()['id']}/").status_code == 204
    assert with_token(plain).get("/api/v1/me/").status_code == 401
    assert signed_in.get("/api/v1/tokens/").json()["results"] == []


def test_a_token_may_not_make_see_or_revoke_tokens(token):
    client = with_token(token)
    assert client.get("/api/v1/tokens/").status_code == 403
    assert client.post("/api/v1/tokens/", {"name": "more"}, format="json").status_code == 403
    assert client.delete(f"/api/v1/tokens/{APIToken.objects.get().pk}/").status_code == 403
    assert APIToken.objects.count() == 1


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": "soon"}, "expires_at"),
        ({"name": "x", "expires_at": "2999-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "x", "expires_at": None}, "expires_at"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["forecasts:read", "root"]}, "scopes[1]"),
    ],
)
def test_a_malformed_order_is_told_by_field(signed_in, order, field):
    answer = signed_in.post("/api/v1/tokens/", order, format="json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_an_expiry_is_kept(signed_in):
    moment = (timezone.now() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    order = {"name": "x", "expires_at": moment}
    assert signed_in.post("/api/v1/tokens", order, format="json").json()["expires_at"] == moment


def test_a_token_ends_after_ninety_days_and_may_do_everything_unless_asked_otherwise(signed_in):
    usual = signed_in.post("/api/v1/tokens", {"name": "x"}, format="json")
    assert usual.json()["scopes"] == [scope.value for scope in Scope]
    ends = datetime.fromisoformat(usual.json()["expires_at"])
    assert timedelta(days=89) < ends - timezone.now() <= timedelta(days=90)
    narrow = signed_in.post("/api/v1/tokens", {"name": "x", "scopes": ["posts:read"]}, format="json")
    program = with_token(narrow.json()["token"])
    assert program.get("/api/v1/posts").status_code == 200
    assert program.get("/api/v1/me").status_code == 403
    shown = signed_in.get(narrow["Location"]).json()
    assert shown == {name: value for name, value in narrow.json().items() if name != "token"} | {
        "last_used_at": shown["last_used_at"]
    }


def test_tokens_from_before_there_were_scopes_may_do_what_they_always_did(user):
    APIToken.objects.create(user=user, name="old", hint="pc_", digest=api_token_digest("pc_old"))
    assert with_token("pc_old").get("/api/v1/me").status_code == 200
    assert with_token("pc_old").get("/api/v1/predictions").status_code == 200


def test_another_persons_token_is_not_there(signed_in):
    other, _ = create_api_token(user=UserFactory(), name="theirs")
    assert signed_in.delete(f"/api/v1/tokens/{other.pk}/").status_code == 404
    assert signed_in.delete("/api/v1/tokens/x/").status_code == 404
    other.refresh_from_db()
    assert other.revoked_at is None


def test_a_session_needs_the_csrf_token(user):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post("/api/v1/tokens/", {"name": "x"}, format="json").status_code == 403


# --- me and accounts --------------------------------------------------------------------------------------------------


def test_everything_needs_a_sign_in(api):
    for address in ("me/", "accounts/", "accounts/acct_x/", "tokens/", "tokens/1/"):
        answer = api.get(f"/api/v1/{address}")
        assert answer.status_code == 401, address
        assert answer["Content-Type"] == "application/problem+json"


def test_nothing_of_a_person_can_be_changed(user, signed_in):
    for method in (signed_in.patch, signed_in.put):
        assert method("/api/v1/me/", {"username": "root", "is_staff": True}, format="json").status_code == 405
    user.refresh_from_db()
    assert (user.username, user.is_staff) == ("anna", False)


def test_an_account_with_what_was_granted(account, signed_in, creator):
    [shown] = signed_in.get("/api/v1/accounts/").json()["results"]
    assert shown == signed_in.get(f"/api/v1/accounts/{account.public_id}/").json()
    assert (shown["id"], shown["username"], shown["connection"]) == (account.public_id, creator, "active")
    assert "video.list" in shown["scopes"]
    assert shown["follower_count"] == account.follower_count
    assert "open_id" not in shown
    disconnect_account(account_id=account.pk, now=timezone.now())
    assert signed_in.get(f"/api/v1/accounts/{account.public_id}/").json()["connection"] == "revoked"


def test_an_account_that_never_had_a_credential(user, signed_in):
    account = TikTokAccountFactory(user=user)
    shown = signed_in.get(f"/api/v1/accounts/{account.public_id}/").json()
    assert (shown["scopes"], shown["connection"]) == (None, None)


def test_another_persons_account_is_not_there(signed_in):
    other = TikTokAccountFactory()
    assert signed_in.get(f"/api/v1/accounts/{other.public_id}/").status_code == 404
    assert signed_in.get(f"/api/v1/accounts/{other.pk}/").status_code == 404
    assert signed_in.get("/api/v1/accounts/").json()["results"] == []


def test_listing_accounts_takes_the_same_queries_for_one_and_for_many(user, signed_in, django_assert_max_num_queries):
    TikTokAccountFactory.create_batch(15, user=user)
    with django_assert_max_num_queries(5):
        assert signed_in.get("/api/v1/accounts/").json()["count"] == 15


# --- the time zone of an account --------------------------------------------------------------------------------------


def zone(client, account, name):
    return client.patch(f"/api/v1/accounts/{account.public_id}/", {"time_zone": name}, format="json")


def test_a_person_chooses_and_unchooses_the_time_zone(user, signed_in):
    account = TikTokAccountFactory(user=user)
    for name in ("Europe/Berlin", "Asia/Kolkata", "UTC", ""):
        answer = zone(signed_in, account, name)
        assert (answer.status_code, answer.json()["time_zone"]) == (200, name)
        account.refresh_from_db()
        assert account.time_zone == name


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "Etc/GMT+5", "europe/berlin", "CET"])
def test_a_zone_that_does_not_exist_is_refused_in_one_sentence(name, user, signed_in):
    account = TikTokAccountFactory(user=user)
    answer = zone(signed_in, account, name)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["message"].startswith(f"“{name}” is no time zone; expected a name of the IANA database")
    account.refresh_from_db()
    assert account.time_zone == ""


def test_nothing_but_the_time_zone_of_an_account_can_be_changed(user, signed_in):
    account = TikTokAccountFactory(user=user, username="anna")
    answer = signed_in.patch(f"/api/v1/accounts/{account.public_id}", {"username": "root"}, format="json")
    assert answer.json()["errors"] == [{"field": "username", "message": "`username` cannot be set."}]
    account.refresh_from_db()
    assert account.username == "anna"
    assert signed_in.put(f"/api/v1/accounts/{account.public_id}/", {}, format="json").status_code == 405
    assert signed_in.delete(f"/api/v1/accounts/{account.public_id}/").status_code == 405


def test_the_time_zone_of_another_persons_account_is_out_of_reach(signed_in):
    other = TikTokAccountFactory()
    assert zone(signed_in, other, "Europe/Berlin").status_code == 404
    other.refresh_from_db()
    assert other.time_zone == ""


def test_without_consent_no_time_zone_is_kept(user, signed_in):
    account = TikTokAccountFactory(user=user)
    disagree(user, Purpose.SERVICE)
    assert zone(signed_in, account, "Europe/Berlin").status_code == 403
