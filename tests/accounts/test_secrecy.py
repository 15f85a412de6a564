"""No token or secret of TikTok's or ours in the database, the logs, the admin, the pages or the API."""

import json
import logging
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
import structlog
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.credentials import sealed_tokens
from accounts.credentials.services import renew_credential
from accounts.linked.services import disconnect_account
from accounts.models import Credential, Delivery, MailAddress, PushSubscription, User, Webhook
from accounts.sign_in.state_cookie import cookie_name
from accounts.tiktok.errors import TikTokError
from privacy.purposes import Purpose
from tests.accounts.support import WAITING, begin, path_of, run_worker
from tests.factories import agree, enter_admin
from tests.sandbox.client import consent

pytestmark = pytest.mark.django_db


@pytest.fixture
def log_lines(monkeypatch) -> Iterator[list[str]]:
    """What the real formatter writes for everything that is logged, at any level."""
    lines: list[str] = []
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    formatter = next(each for each in formatters if isinstance(each, structlog.stdlib.ProcessorFormatter))

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    handler = Collect()
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)


@pytest.fixture
def secrets(sandbox, browser, creator, log_lines) -> list[str]:
    """Sign in, agree, refresh, fail and make an API token; every secret that was in play."""
    callback = consent(requests.Session(), begin(browser), creator)
    code = parse_qs(urlsplit(callback).query)["code"][0]
    browser.get(path_of(callback))
    waiting = browser.cookies[cookie_name()].value
    run_worker()
    browser.get(WAITING)
    account = User.objects.get().tiktok_accounts.get()
    agree(account.user, Purpose.SERVICE)
    in_play = [
        code,
        quote(code, safe=""),
        waiting,
        sandbox.client_secret,
        browser.session.session_key,
        *tokens_of(account),
    ]
    renew_credential(account_id=account.pk)
    in_play += tokens_of(account)
    sandbox.control.fault("500", "oauth/token", times=None)
    with pytest.raises(TikTokError):
        renew_credential(account_id=account.pk)
    sandbox.control.clear_faults()
    made = browser.post("/api/v1/tokens/", {"name": "script"}, content_type="application/json").json()["token"]
    Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {made}"})
    Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {made}x"})
    logging.getLogger("anything").error("careless: %s", {"access_token": in_play[-1], "header": f"Bearer {made}"})
    return [*in_play, made]


def tokens_of(account) -> list[str]:
    credential = Credential.objects.get(account=account)
    return [
        sealed_tokens.unseal_token(credential, "access_token"),
        sealed_tokens.unseal_token(credential, "refresh_token"),
    ]


def dump() -> str:
    """Every row of every table, bytes as text and as hex."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - PostgreSQL's own names
            rows += [(table, *row) for row in cursor.fetchall()]
    as_text = [
        bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
        for row in rows
        for value in row
    ]
    return "\n".join(as_text)


def test_not_in_a_dump_of_every_table(secrets, browser):
    dumped = dump()
    assert User.objects.get().username in dumped
    # a session's key is what its table is for
    for secret in set(secrets) - {browser.session.session_key}:
        assert secret not in dumped


def test_not_in_the_logs(secrets, log_lines):
    assert any("careless" in line for line in log_lines)
    assert any("request_finished" in line for line in log_lines)
    assert any("stamina.retry_scheduled" in line for line in log_lines)
    written = "\n".join(log_lines)
    for secret in secrets:
        assert secret not in written


def test_not_in_the_api_or_the_pages(secrets, browser):
    account = User.objects.get().tiktok_accounts.get()
    addresses = ["/api/v1/me/", "/api/v1/accounts/", f"/api/v1/accounts/{account.public_id}/", "/api/v1/tokens/"]
    addresses += ["/settings/", "/_allauth/browser/v1/config", "/_allauth/browser/v1/account/providers"]
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        for secret in secrets:
            assert secret not in answer.content.decode(), address


def test_not_in_the_admin(secrets):
    staff = Client()
    enter_admin(staff, User.objects.create_superuser("staff", "a password"))
    credential = Credential.objects.get()
    sealed = {bytes(credential.sealed_access_token).hex(), str(bytes(credential.sealed_access_token))}
    pages = 0
    for model in apps.get_app_config("accounts").get_models():
        # where people are told things is nobody else's business
        if model in (MailAddress, PushSubscription, Webhook, Delivery):
            assert not admin.site.is_registered(model)
            continue
        assert admin.site.is_registered(model)
        listing = f"/admin/accounts/{model._meta.model_name}/"
        for address in (listing, *(f"{listing}{row.pk}/change/" for row in model._default_manager.all())):
            answer = staff.get(address)
            assert answer.status_code == 200, address
            pages += 1
            for secret in {*secrets, *sealed}:
                assert secret not in answer.content.decode(), address
    assert pages >= 9


def test_allauths_tables_of_tokens_and_secrets_are_not_in_the_admin():
    registered = {model._meta.label for model in admin.site._registry}
    assert not {label for label in registered if label.startswith(("socialaccount.", "account."))}


def test_a_persons_data_is_read_only_for_staff(secrets):
    staff = Client()
    enter_admin(staff, User.objects.create_superuser("staff", "a password"))
    account = User.objects.get(is_staff=False).tiktok_accounts.get()
    for name, key in (("tiktokaccount", account.pk), ("credential", account.credential.pk), ("user", account.user_id)):
        assert staff.get(f"/admin/accounts/{name}/add/").status_code == 403
        assert staff.post(f"/admin/accounts/{name}/{key}/delete/", {"post": "yes"}).status_code == 403
    staff.post(f"/admin/accounts/tiktokaccount/{account.pk}/change/", {"display_name": "changed"})
    account.refresh_from_db()
    assert account.display_name != "changed"
    staff.post(f"/admin/accounts/user/{account.user_id}/change/", {"username": "changed"})
    person = User.objects.get(pk=account.user_id)
    assert (person.username.startswith("tiktok-"), person.is_active) == (True, False)


def test_staff_cannot_make_themselves_superusers():
    helper = User.objects.create_user("helper", "a password", is_staff=True)
    from django.contrib.auth.models import Permission

    helper.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    staff = Client()
    enter_admin(staff, helper)
    answer = staff.post(f"/admin/accounts/user/{helper.pk}/change/", {"is_superuser": "on", "is_active": "on"})
    assert answer.status_code == 403
    helper.refresh_from_db()
    assert not helper.is_superuser


def test_disconnecting_leaves_no_sealed_token(secrets):
    account = User.objects.get().tiktok_accounts.get()
    disconnect_account(account_id=account.pk, now=timezone.now())
    tasks.retry_revocation(account.pk)
    credential = Credential.objects.get()
    assert bytes(credential.sealed_access_token) == bytes(credential.sealed_refresh_token) == b""


def test_settings_are_not_in_an_error_page(secrets, settings):
    settings.DEBUG = False
    answer = Client(raise_request_exception=False).get("/accounts/tiktok/login/callback/?state=x&code=y")
    assert django_settings.TIKTOK_CLIENT_SECRET not in answer.content.decode()


def test_sessions_say_who_by_our_own_number_alone(secrets):
    account = User.objects.get().tiktok_accounts.get()
    sessions = [session.get_decoded() for session in Session.objects.all()]
    assert any(session.get("_auth_user_id") == str(account.user_id) for session in sessions)
    assert any(session.get("account_authentication_methods") for session in sessions)
    assert account.open_id not in json.dumps(sessions)
