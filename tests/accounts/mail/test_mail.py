"""E-mail goes only to an address that its person gave, agreed to and confirmed, and ends at once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.mail import services
from accounts.models import MailAddress, Notice, TikTokAccount, User
from accounts.telling.services import tell
from privacy.retention.purging import purge_all
from telemetry.models import OutboxMessage
from tests.factories import TikTokAccountFactory

pytestmark = pytest.mark.django_db

PAGE = "/settings/e-mail/"
FORM = {"address": "anna@example.com", "kinds": ["export_ready"], "agree": "on"}


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
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
