"""E-mail goes only to an address that its person gave, agreed to and confirmed, and ends at once."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.mail import services
from accounts.mail.checks import mail_is_set
from accounts.models import MailAddress, Notice, TikTokAccount, User
from accounts.telling.services import tell
from accounts.tokens.services import create_api_token
from config.environment import Environment
from config.settings.variables import mail_settings
from privacy.retention.purging import purge_all
from telemetry.models import OutboxMessage
from tests.accounts.mail.smtp_server import mail_server
from tests.factories import TikTokAccountFactory

pytestmark = pytest.mark.django_db

PAGE = "/settings/e-mail/"
FORM = {"address": "anna@example.com", "kinds": ["export_ready"], "agree": "on"}


@pytest.fixture(autouse=True)
def offered(settings: Any) -> None:
    settings.MAIL_OFFERED, settings.PUBLIC_URL = True, "https://postcast.example.com"


@pytest.fixture
def user() -> User:
    account: TikTokAccount = TikTokAccountFactory()
    return account.user


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tell_of_copy(user: User, about: str = "expo_one") -> Notice:
    tell(user_id=user.pk, kind=Notice.Kind.EXPORT_READY, about=about, link="/your-data/export/")
    return Notice.objects.latest("pk")


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"https://postcast\.example\.com(/settings/e-mail/\S+)", str(message.body))
    assert found
    return found[1]


def test_an_address_is_written_to_once_it_is_confirmed_and_no_more_once_it_is_removed(
    user: User, browser: Client
) -> None:
    assert "Without your consent" in browser.post(PAGE, {**FORM, "agree": ""}).content.decode()
    assert not MailAddress.objects.exists()
    assert browser.post(PAGE, FORM).status_code == 302
    kept = MailAddress.objects.get()
    services.mail_notice(notice_id=tell_of_copy(user).pk)
    assert mail.outbox == []
    services.ask_to_confirm(address_id=kept.pk)
    [asked] = mail.outbox
    assert asked.to == ["anna@example.com"]
    assert "Confirm" in browser.get(link_in(asked)).content.decode()
    assert "confirmed" in browser.post(link_in(asked), follow=True).content.decode()
    OutboxMessage.objects.all().delete()
    notice = tell_of_copy(user, "expo_two")
    for _ in range(2):
        services.mail_notice(notice_id=notice.pk)
    told = mail.outbox[-1]
    assert len(mail.outbox) == 2
    assert told.subject == "Your copy is ready"
    assert "https://postcast.example.com/your-data/export/" in str(told.body)
    # the link at its end needs no sign-in, and a look at it changes nothing
    removal = str(told.extra_headers["List-Unsubscribe"]).strip("<>").removeprefix("https://postcast.example.com")
    Client().get(removal)
    assert MailAddress.objects.exists()
    assert "not kept any more" in Client().post(removal).content.decode()
    services.mail_notice(notice_id=tell_of_copy(user, "expo_three").pk)
    assert len(mail.outbox) == 2


def test_a_link_confirms_only_its_own_address_in_time(user: User, browser: Client) -> None:
    now = timezone.now()
    kept = services.give_address(user=user, address="anna@example.com", kinds=["result"], now=now)
    services.ask_to_confirm(address_id=kept.pk)
    link = link_in(mail.outbox[0])
    other: TikTokAccount = TikTokAccountFactory()
    services.give_address(user=other.user, address="anna@example.com", kinds=["result"])
    stranger = Client()
    stranger.force_login(other.user)
    assert "ended, or is not for you" in stranger.post(link, follow=True).content.decode()
    purge_all(now=now + timedelta(days=3))
    assert not MailAddress.objects.filter(user=user).exists()
    assert "ended, or is not for you" in browser.post(link, follow=True).content.decode()


def test_kinds_that_were_not_chosen_are_not_written_of(user: User, browser: Client) -> None:
    kept = services.give_address(user=user, address="anna@example.com", kinds=["result"])
    MailAddress.objects.update(confirmed_at=timezone.now(), unconfirmed_until=None)
    services.mail_notice(notice_id=tell_of_copy(user).pk)
    assert mail.outbox == []
    assert browser.post(PAGE, {"kinds": ["export_ready", "result"]}).status_code == 302
    kept.refresh_from_db()
    assert kept.kinds == ["result", "export_ready"]
    browser.post(PAGE, {"remove": ""})
    assert not MailAddress.objects.exists()


def test_without_a_mail_server_no_address_is_asked_for(settings: Any, browser: Client) -> None:
    settings.MAIL_OFFERED = False
    assert browser.get(PAGE).status_code == 404
    assert PAGE not in browser.get("/notifications/").content.decode()


def test_a_mail_server_is_spoken_to_as_its_address_says(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: User
) -> None:
    services.give_address(user=user, address="anna@example.com", kinds=["export_ready"])
    MailAddress.objects.update(confirmed_at=timezone.now(), unconfirmed_until=None)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    notice = tell_of_copy(user)
    with mail_server(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        environment = Environment.model_construct(
            mail_url=server.url, mail_from="notices@postcast.example.com", public_url="https://postcast.example.com"
        )
        for name, value in mail_settings(environment).items():
            setattr(settings, name, value)
        server.refusing = True
        with pytest.raises(OSError, match="451"):
            services.mail_notice(notice_id=notice.pk)
        server.refusing = False
        for _ in range(2):
            services.mail_notice(notice_id=notice.pk)
    [message] = server.messages
    assert (message["To"], message["From"]) == ("anna@example.com", "notices@postcast.example.com")
    assert message["List-Unsubscribe"].strip().startswith("<https://postcast.example.com/settings/e-mail/remove/")
    assert "https://postcast.example.com/your-data/export/" in message.get_content()


def test_an_address_is_given_changed_and_removed_by_the_api(settings: Any, user: User, browser: Client) -> None:
    address, own = "/api/v1/mail-address", {"address": "anna@example.com", "kinds": ["result"]}
    words = browser.get(f"{address}/consent").json()
    assert words["text"].startswith("I agree that Postcast keeps this address")
    assert browser.get(address).status_code == 404

    def put(**body: Any) -> Any:
        return browser.put(address, {**own, **body}, content_type="application/json")

    assert put(agreed_to=words["version"] + 1).status_code == 400
    assert put().status_code == 400
    given = put(agreed_to=words["version"])
    assert (given.status_code, given.json()["confirmed_at"]) == (200, None)
    services.ask_to_confirm(address_id=MailAddress.objects.get().pk)
    browser.post(link_in(mail.outbox[0]))
    assert browser.get(address).json()["confirmed_at"]
    changed = browser.patch(address, {"kinds": ["reminder"]}, content_type="application/json")
    assert changed.json()["kinds"] == ["reminder"]
    _, token = create_api_token(user=user, name="a program")
    program = Client(headers={"Authorization": f"Bearer {token}"})
    assert program.get(address).status_code == 200
    assert program.delete(address).status_code == 403
    assert browser.delete(address).status_code == 204
    assert not MailAddress.objects.exists()
    settings.MAIL_OFFERED = False
    assert put(agreed_to=words["version"]).status_code == 409


def test_a_deployment_is_warned_of_links_that_lead_nowhere(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["postcast.example.com"]
    assert mail_is_set() == []
    settings.MAIL_OFFERED, settings.PUBLIC_URL = False, "https://elsewhere.example.com"
    assert [found.id for found in mail_is_set()] == ["mail.W001", "mail.E001"]
