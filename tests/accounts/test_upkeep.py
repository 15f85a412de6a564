"""What beat and staff do: renewing grants, finishing revocations, clearing sessions, rotating keys."""

from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import tasks
from accounts.credentials.services import access_token
from accounts.linked.services import disconnect_account
from accounts.models import Credential, TikTokAccount
from privacy.declarations.kinds import Table
from privacy.management.commands import rotate_encryption_keys
from privacy.sealing import key_id_of
from privacy.trail import selectors as trail
from tests.accounts.support import connect

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tasks_run_at_once(settings):
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def test_grants_that_end_soon_are_renewed(sandbox, user, creator, other_creator):
    sandbox.control.lifetimes(refresh_s=13 * 86400)
    ending = connect(sandbox, user, creator).credential
    sandbox.control.lifetimes(refresh_s=180 * 86400)
    lasting = connect(sandbox, user, other_creator).credential
    tasks.refresh_expiring_credentials()
    ending.refresh_from_db()
    lasting.refresh_from_db()
    assert ending.version == 2
    assert ending.refresh_expires_at > timezone.now() + timedelta(days=179)
    assert lasting.version == 1


def test_one_grant_that_cannot_be_renewed_does_not_stop_the_others(sandbox, user, creator, other_creator):
    sandbox.control.lifetimes(refresh_s=86400)
    gone, ending = connect(sandbox, user, creator), connect(sandbox, user, other_creator)
    sandbox.control.disconnect(creator)
    tasks.refresh_expiring_credentials()
    assert Credential.objects.get(account=gone).state == "lost"
    assert Credential.objects.get(account=ending).version == 2


def test_while_tiktok_fails_a_grant_waits_for_the_next_time(sandbox, user, creator):
    sandbox.control.lifetimes(refresh_s=86400)
    connect(sandbox, user, creator)
    sandbox.control.fault("500", "oauth/token", times=None)
    tasks.refresh_expiring_credentials()
    assert (Credential.objects.get().state, Credential.objects.get().version) == ("active", 1)
    sandbox.control.clear_faults()
    tasks.refresh_expiring_credentials()
    assert Credential.objects.get().version == 2


def test_a_revocation_that_tiktok_did_not_hear_is_repeated(sandbox, account):
    sandbox.control.fault("500", "oauth/revoke", times=1)
    disconnect_account(account_id=account.pk, now=timezone.now())
    tasks.refresh_expiring_credentials()
    tasks.refresh_expiring_credentials()
    assert [each["status"] for each in sandbox.control.requests("oauth/revoke")] == [500, 200]
    assert bytes(Credential.objects.get().sealed_refresh_token) == b""


# --- keys -------------------------------------------------------------------------------------------------------------

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def rotate() -> str:
    out = StringIO()
    call_command("rotate_encryption_keys", stdout=out)
    return out.getvalue()


def keys_in_use() -> set[str]:
    return {
        key_id_of(bytes(sealed))
        for row in Credential.objects.values_list("sealed_access_token", "sealed_refresh_token")
        for sealed in row
        if sealed
    }


@pytest.fixture
def two_accounts(sandbox, settings, user, creator, other_creator) -> list[TikTokAccount]:
    settings.DATA_ENCRYPTION_KEYS = {"old": OLD}
    return [connect(sandbox, user, creator), connect(sandbox, user, other_creator)]


def test_keys_are_rotated(settings, two_accounts, monkeypatch):
    monkeypatch.setattr(rotate_encryption_keys, "BATCH", 1)
    tokens = [access_token(account_id=account.pk) for account in two_accounts]
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    assert "accounts.Credential: 2 of 2 rows sealed anew with the key 'new'.\n" in rotate()
    assert keys_in_use() == {"new"}
    sealed_anew = [event.actor_kind for event in trail.events_about(two_accounts[0].user_id, by_others=True)[:2]]
    assert sealed_anew == ["shell", "shell"]
    assert "accounts.Credential: 0 of 2 rows sealed anew with the key 'new'.\n" in rotate()
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW}
    assert [access_token(account_id=account.pk) for account in two_accounts] == tokens


def test_an_interrupted_rotation_goes_on(settings, two_accounts, monkeypatch):
    monkeypatch.setattr(rotate_encryption_keys, "BATCH", 1)
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    batches = rotate_encryption_keys._next_batch

    def interrupted(table: Table, after_pk: int) -> list[int]:
        if after_pk:
            raise KeyboardInterrupt
        return batches(table, after_pk)

    monkeypatch.setattr(rotate_encryption_keys, "_next_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    assert keys_in_use() == {"old", "new"}
    monkeypatch.setattr(rotate_encryption_keys, "_next_batch", batches)
    assert "accounts.Credential: 1 of 2 rows sealed anew with the key 'new'.\n" in rotate()


def test_what_cannot_be_opened_is_told_and_the_rest_is_done(settings, two_accounts):
    broken, good = two_accounts
    Credential.objects.filter(account=broken).update(sealed_access_token=good.credential.sealed_access_token)
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    with pytest.raises(CommandError, match=rf"1 rows.*: accounts.Credential {broken.credential.pk}$"):
        rotate()
    good.credential.refresh_from_db()
    assert key_id_of(bytes(good.credential.sealed_access_token)) == "new"


def test_erased_tokens_need_no_key(settings, two_accounts):
    for account in two_accounts:
        disconnect_account(account_id=account.pk, now=timezone.now())
        tasks.retry_revocation(account.pk)
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW}
    assert "accounts.Credential: 0 of 2 rows sealed anew with the key 'new'.\n" in rotate()
