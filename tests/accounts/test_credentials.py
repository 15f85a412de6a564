"""Access tokens: refreshed once however many want one, stored before they are used, and lost only when truly lost."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis as redis_client
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts import tasks
from accounts.credentials import sealed_tokens, services
from accounts.credentials.services import CredentialLost, access_token, invalidate_access_token, retry_revocation
from accounts.linked.services import AccountBelongsToAnother, connect_account, disconnect_account
from accounts.models import Credential, TikTokAccount
from accounts.tiktok import client
from accounts.tiktok.errors import AccessTokenInvalid, TikTokError, TikTokRateLimited, TikTokUnavailable
from privacy.sealing import SealBroken
from tests.accounts.support import connect, obtain_grant, open_id_of, tiktok_that_answers, token_answer
from tests.prove import scaled
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def expire(account: TikTokAccount, **delta: float) -> None:
    Credential.objects.filter(account=account).update(access_expires_at=timezone.now() + timedelta(**delta))


def refreshes(sandbox) -> list[dict[str, object]]:
    return [each for each in sandbox.control.requests("oauth/token") if each["grant_type"] == "refresh_token"]


def is_accepted(token: str) -> bool:
    try:
        open_id_of(token)
    except AccessTokenInvalid:
        return False
    return True


def test_a_fresh_token_is_handed_out_without_a_call(sandbox, account):
    sandbox.control.fault("500", times=None)
    assert access_token(account_id=account.pk) == sealed_tokens.unseal_token(account.credential, "access_token")
    assert refreshes(sandbox) == []


@pytest.mark.parametrize("seconds", [-3600, 0, 30])
def test_a_token_that_ends_soon_is_refreshed(sandbox, account, seconds):
    old = access_token(account_id=account.pk)
    expire(account, seconds=seconds)
    new = access_token(account_id=account.pk)
    assert new != old
    assert is_accepted(new)
    credential = Credential.objects.get()
    assert (credential.version, credential.state) == (2, "active")
    assert credential.access_expires_at > timezone.now() + timedelta(hours=1)
    # and the refresh token that came with it works too
    expire(account, seconds=0)
    assert is_accepted(access_token(account_id=account.pk))


def test_lifetimes_are_tiktoks(sandbox, user, creator):
    sandbox.control.lifetimes(access_s=600, refresh_s=86400)
    credential = connect(sandbox, user, creator).credential
    assert timedelta(seconds=590) < credential.access_expires_at - timezone.now() <= timedelta(seconds=600)
    assert timedelta(hours=23) < credential.refresh_expires_at - timezone.now() <= timedelta(hours=24)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_refreshes(sandbox, account):
    race_for_a_token(sandbox, account)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_refreshes_each_time(sandbox, account, record_property):
    for _ in range(scaled(60)):
        race_for_a_token(sandbox, account)
    record_property("races of 8 workers with one refresh each", scaled(60))


def race_for_a_token(sandbox, account) -> None:
    """Eight workers want a new token at once: one call to TikTok, one and the same working token for all."""
    earlier, version = len(refreshes(sandbox)), Credential.objects.get().version
    expire(account, seconds=0)
    start = threading.Barrier(8)

    def work(_: int) -> str:
        try:
            start.wait()
            return access_token(account_id=account.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as workers:
        tokens = list(workers.map(work, range(8)))
    assert len(refreshes(sandbox)) == earlier + 1
    assert len(set(tokens)) == 1
    assert is_accepted(tokens[0])
    assert Credential.objects.get().version == version + 1


@pytest.mark.django_db(transaction=True)
def test_a_token_is_stored_before_it_is_used(sandbox, account):
    expire(account, seconds=0)
    access_token(account_id=account.pk)
    parameters = connection.get_connection_params()
    with psycopg.connect(
        **{name: parameters[name] for name in ("dbname", "user", "password", "host") if name in parameters}
    ) as somebody_else:
        row = somebody_else.execute("SELECT version FROM accounts_credential").fetchone()
    assert row == (2,)


@pytest.mark.django_db(transaction=True)
def test_a_token_is_not_refreshed_inside_a_transaction_that_could_undo_it(sandbox, account):
    expire(account, seconds=0)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        access_token(account_id=account.pk)
    assert refreshes(sandbox) == []


def claim_for(account: TikTokAccount, **delta: float) -> None:
    """Claim the refresh as a worker that was killed since."""
    Credential.objects.filter(account=account).update(renewing_until=timezone.now() + timedelta(**delta))


def test_a_worker_that_waits_too_long_for_another_gives_up(sandbox, account, monkeypatch):
    monkeypatch.setattr(services, "LONGEST_WAIT_S", 0.2)
    expire(account, seconds=0)
    claim_for(account, seconds=30)
    with pytest.raises(TikTokUnavailable, match="another worker"):
        access_token(account_id=account.pk)
    assert refreshes(sandbox) == []


def test_the_place_of_a_killed_worker_is_taken(sandbox, account):
    expire(account, seconds=0)
    claim_for(account, seconds=0.3)
    assert is_accepted(access_token(account_id=account.pk))
    assert len(refreshes(sandbox)) == 1
    assert Credential.objects.get().renewing_until is None


def test_a_claim_outlasts_any_refresh():
    assert services.CLAIM_S > client.LONGEST_REFRESH_S
    assert services.LONGEST_WAIT_S > services.CLAIM_S


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_refresh_that_hangs(sandbox, user, account, creator):
    """While TikTok holds a refresh, its owner signs in at once; what they bring is not overwritten."""
    expire(account, seconds=0)
    grant = obtain_grant(sandbox, creator)
    sandbox.control.fault("slow", "oauth/token", seconds=2)
    with ThreadPoolExecutor(1) as workers:

        def refresh() -> str:
            try:
                return access_token(account_id=account.pk)
            finally:
                connections.close_all()

        refreshed = workers.submit(refresh)
        wait_until(lambda: Credential.objects.get().renewing_until, "the refresh began")
        began = time.monotonic()
        connect_account(user=user, grant=grant, now=timezone.now())
        assert time.monotonic() - began < 1
        assert not refreshed.done()
        token = refreshed.result()
    assert token == grant.access_token.get_secret_value() == access_token(account_id=account.pk)
    assert Credential.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_ends_after_disconnecting_serves_the_revocation_alone(sandbox, account):
    expire(account, seconds=0)
    sandbox.control.fault("slow", "oauth/token", seconds=1)
    with ThreadPoolExecutor(1) as workers:

        def refresh() -> str:
            try:
                return access_token(account_id=account.pk)
            finally:
                connections.close_all()

        refreshed = workers.submit(refresh)
        wait_until(lambda: Credential.objects.get().renewing_until, "the refresh began")
        disconnect_account(account_id=account.pk, now=timezone.now())
        with pytest.raises(CredentialLost):
            refreshed.result()
    assert retry_revocation(account_id=account.pk) is True
    assert [each["status"] for each in sandbox.control.requests("oauth/revoke")] == [200]


@pytest.mark.parametrize(
    ("said", "lifetime_s"),
    [(600, 600), *((odd, client.ACCESS_S) for odd in (None, 0, -5, 7200.5, "7200", True, 10**30, "[]", "{}"))],
)
def test_an_odd_lifetime_is_the_documented_one(account, settings, said, lifetime_s):
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=None, expires_in=said))}) as url:
        settings.TIKTOK_API_URL = url
        assert access_token(account_id=account.pk) == "act.first-access-token"
    left = Credential.objects.get().access_expires_at - timezone.now()
    assert left.total_seconds() == pytest.approx(lifetime_s, abs=30)


@pytest.mark.parametrize("odd", [None, 5, {}, [1], True])
def test_scopes_that_a_refresh_does_not_name_are_those_held(account, settings, odd):
    held = Credential.objects.get().scopes
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=None, scope=odd))}) as url:
        settings.TIKTOK_API_URL = url
        access_token(account_id=account.pk)
    assert Credential.objects.get().scopes == held != ["user.info.basic", "video.list"]


def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(account, settings):
    old = sealed_tokens.unseal_token(Credential.objects.get(), "refresh_token")
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=None, refresh_token=None))}) as url:
        settings.TIKTOK_API_URL = url
        access_token(account_id=account.pk)
    assert sealed_tokens.unseal_token(Credential.objects.get(), "refresh_token") == old


@pytest.mark.parametrize("odd", [None, "a\r\nX: y"])
def test_a_token_answer_without_what_it_must_have_is_told(account, settings, odd):
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=None, access_token=odd))}) as url:
        settings.TIKTOK_API_URL = url
        with pytest.raises(TikTokUnavailable, match="access_token"):
            access_token(account_id=account.pk)
    assert Credential.objects.get().state == "active"


@pytest.mark.parametrize("odd", [None, 5, "", "a\0", "a b", "x" * 129, []])
def test_a_refresh_that_does_not_say_whose_keys_it_brings_loses_none(account, settings, odd):
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=odd))}) as url:
        settings.TIKTOK_API_URL = url
        assert access_token(account_id=account.pk) == "act.first-access-token"
    assert (Credential.objects.get().state, Credential.objects.get().version) == ("active", 2)


def test_keys_of_another_account_are_not_stored(account, settings):
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id="open-of-another"))}) as url:
        settings.TIKTOK_API_URL = url
        with pytest.raises(TikTokUnavailable, match="another account"):
            access_token(account_id=account.pk)
    assert Credential.objects.get().version == 1


@pytest.mark.parametrize("kind", ["500", "html"])
def test_a_passing_fault_is_bridged(sandbox, account, kind):
    expire(account, seconds=0)
    sandbox.control.fault(kind, "oauth/token", times=1)
    assert is_accepted(access_token(account_id=account.pk))


def test_a_timeout_is_bridged_where_the_token_was_not_used_up(sandbox, account, impatient):
    expire(account, seconds=0)
    sandbox.control.fault("timeout", "oauth/token", times=1)
    assert is_accepted(access_token(account_id=account.pk))


@pytest.mark.parametrize(
    ("kind", "error"), [("500", TikTokUnavailable), ("html", TikTokUnavailable), ("429", TikTokRateLimited)]
)
def test_a_lasting_fault_is_told_and_loses_nothing(sandbox, account, kind, error):
    expire(account, seconds=0)
    sandbox.control.fault(kind, "oauth/token", times=None)
    with pytest.raises(error):
        access_token(account_id=account.pk)
    assert Credential.objects.get().state == "active"
    sandbox.control.clear_faults()
    assert is_accepted(access_token(account_id=account.pk))


def test_an_unreachable_tiktok_is_told_and_loses_nothing(account, settings):
    expire(account, seconds=0)
    settings.TIKTOK_API_URL = "http://127.0.0.1:1"
    with pytest.raises(TikTokUnavailable):
        access_token(account_id=account.pk)
    assert Credential.objects.get().state == "active"


def test_a_rotation_whose_answer_was_lost_ends_in_lost(sandbox, account):
    expire(account, seconds=0)
    # the sandbox rotates, and only then cuts its answer
    sandbox.control.fault("truncated", "oauth/token", times=1)
    with pytest.raises(CredentialLost, match="connect it again"):
        access_token(account_id=account.pk)
    credential = Credential.objects.get()
    assert credential.state == "lost"
    assert not sealed_tokens.has_tokens(credential)
    calls = len(refreshes(sandbox))
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)
    assert len(refreshes(sandbox)) == calls


def test_a_grant_that_the_creator_ended_is_lost_and_comes_back_by_connecting(sandbox, user, account, creator):
    sandbox.control.disconnect(creator)
    expire(account, seconds=0)
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)
    connect(sandbox, user, creator)
    assert is_accepted(access_token(account_id=account.pk))
    assert Credential.objects.get().state == "active"


def test_an_account_without_a_credential_is_lost(user):
    account = TikTokAccount.objects.create(user=user, open_id="o", connected_at=timezone.now())
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)


def test_our_own_mistake_loses_nothing(sandbox, account, settings):
    expire(account, seconds=0)
    settings.TIKTOK_CLIENT_SECRET = "wrong"
    with pytest.raises(TikTokError, match="invalid_client"):
        access_token(account_id=account.pk)
    assert Credential.objects.get().state == "active"


def test_a_token_refused_early_is_refreshed_next_time(sandbox, account, creator):
    token = access_token(account_id=account.pk)
    sandbox.control.expire_access_tokens(creator)
    assert not is_accepted(token)
    invalidate_access_token(account_id=account.pk, token=token)
    new = access_token(account_id=account.pk)
    assert is_accepted(new)
    # a worker that is late with the same news changes nothing
    invalidate_access_token(account_id=account.pk, token=token)
    assert access_token(account_id=account.pk) == new
    assert len(refreshes(sandbox)) == 1


def test_a_credential_moved_to_another_account_is_refused(sandbox, user, account, other_creator):
    other = connect(sandbox, user, other_creator)
    stolen = Credential.objects.get(account=other)
    Credential.objects.filter(account=account).update(
        sealed_access_token=stolen.sealed_access_token, sealed_refresh_token=stolen.sealed_refresh_token
    )
    with pytest.raises(SealBroken):
        access_token(account_id=account.pk)


def test_a_refresh_token_in_the_place_of_the_access_token_is_refused(account):
    credential = account.credential
    Credential.objects.update(sealed_access_token=credential.sealed_refresh_token)
    with pytest.raises(SealBroken):
        access_token(account_id=account.pk)


# --- disconnecting ----------------------------------------------------------------------------------------------------


def disconnect(account: TikTokAccount) -> None:
    """Disconnect the account, and let the task run that this sends."""
    disconnect_account(account_id=account.pk, now=timezone.now())
    tasks.retry_revocation(account.pk)


@pytest.mark.django_db(transaction=True)
def test_disconnecting_asks_nobody_and_sends_a_task(sandbox, account):
    sandbox.control.fault("timeout", "oauth/revoke", times=None)
    began = time.monotonic()
    disconnect_account(account_id=account.pk, now=timezone.now())
    assert time.monotonic() - began < 1
    assert sandbox.control.requests("oauth/revoke") == []
    redis: Any = redis_client.Redis.from_url(django_settings.REDIS_URL)
    queues = redis.scan_iter("celery:*", _type="list")
    queued = [json.loads(message) for name in queues for message in redis.lrange(name, 0, -1)]
    assert "accounts.tasks.retry_revocation" in [message["headers"]["task"] for message in queued]
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)


def test_disconnecting_ends_the_grant_at_tiktok_and_forgets_the_tokens(sandbox, account):
    token = access_token(account_id=account.pk)
    disconnect(account)
    assert not is_accepted(token)
    account.refresh_from_db()
    credential = Credential.objects.get()
    assert account.disconnected_at
    assert credential.state == "revoked"
    assert (bytes(credential.sealed_access_token), bytes(credential.sealed_refresh_token)) == (b"", b"")
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)


def test_disconnecting_with_an_expired_token_refreshes_it_first(sandbox, account, creator):
    sandbox.control.expire_access_tokens(creator)
    expire(account, seconds=0)
    disconnect(account)
    assert [each["status"] for each in sandbox.control.requests("oauth/revoke")] == [200]


@pytest.mark.parametrize("kind", ["500", "429", "html"])
def test_disconnecting_works_while_tiktok_does_not(sandbox, account, kind):
    token = access_token(account_id=account.pk)
    sandbox.control.fault(kind, "oauth/revoke", times=2)
    disconnect(account)
    assert Credential.objects.get().state == "revoked"
    with pytest.raises(CredentialLost):
        access_token(account_id=account.pk)
    assert is_accepted(token)
    assert retry_revocation(account_id=account.pk) is False
    assert sealed_tokens.has_tokens(Credential.objects.get())
    assert retry_revocation(account_id=account.pk) is True
    assert not is_accepted(token)
    assert not sealed_tokens.has_tokens(Credential.objects.get())


def test_disconnecting_what_tiktok_ended_already_is_no_error(sandbox, account, creator):
    sandbox.control.disconnect(creator)
    disconnect(account)
    credential = Credential.objects.get()
    assert (credential.state, sealed_tokens.has_tokens(credential)) == ("revoked", False)


def test_a_revocation_that_our_own_mistake_prevented_is_repeated(sandbox, account, settings):
    settings.TIKTOK_CLIENT_SECRET = "wrong"
    disconnect(account)
    assert sealed_tokens.has_tokens(Credential.objects.get())
    settings.TIKTOK_CLIENT_SECRET = sandbox.client_secret
    assert retry_revocation(account_id=account.pk) is True
    assert not sealed_tokens.has_tokens(Credential.objects.get())


def test_a_revocation_is_not_repeated_for_ever(sandbox, account, creator):
    sandbox.control.fault("500", "oauth/revoke", times=1)
    disconnect(account)
    sandbox.control.disconnect(creator)
    expire(account, seconds=0)
    assert retry_revocation(account_id=account.pk) is True
    credential = Credential.objects.get()
    assert (credential.state, sealed_tokens.has_tokens(credential)) == ("revoked", False)


def test_connecting_again_after_disconnecting(sandbox, user, account, creator):
    disconnect(account)
    again = connect(sandbox, user, creator)
    assert (again.pk, again.disconnected_at) == (account.pk, None)
    assert is_accepted(access_token(account_id=account.pk))


def test_a_retry_that_comes_after_connecting_again_ends_nothing(sandbox, user, account, creator):
    sandbox.control.fault("500", "oauth/revoke", times=1)
    disconnect(account)
    connect(sandbox, user, creator)
    retry_revocation(account_id=account.pk)
    account.refresh_from_db()
    assert account.disconnected_at is None
    assert is_accepted(access_token(account_id=account.pk))


def test_an_account_of_another_person_is_refused(sandbox, account, creator, django_user_model):
    grant = obtain_grant(sandbox, creator)
    with pytest.raises(AccountBelongsToAnother):
        connect_account(
            user=django_user_model.objects.create_user("eve"),
            grant=grant,
            now=timezone.now(),
        )


def test_scopes_follow_every_refresh(account, settings):
    expire(account, seconds=0)
    with tiktok_that_answers({"/v2/oauth/token/": (200, token_answer(open_id=account.open_id))}) as url:
        settings.TIKTOK_API_URL = url
        assert access_token(account_id=account.pk) == "act.first-access-token"
    assert Credential.objects.get().scopes == ["user.info.basic", "video.list"]


def test_tokens_do_not_show_in_reprs(sandbox, creator):
    grant = obtain_grant(sandbox, creator)
    assert grant.refresh_token
    for secret in (grant.access_token.get_secret_value(), grant.refresh_token.get_secret_value()):
        assert secret not in repr(grant)
        assert secret not in str(grant)
    assert django_settings.TIKTOK_CLIENT_SECRET not in repr(grant)
