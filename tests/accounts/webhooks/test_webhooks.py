"""People's programs are told by signed messages: repeated, logged, replayed, and never sent inside."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Delivery, Notice, TikTokAccount, User, Webhook
from accounts.telling.services import tell
from accounts.webhooks import sending, services
from accounts.webhooks.addresses import UnusableAddress, require_address
from privacy.purposes import Purpose
from tests.accounts.telling.factories import WebhookFactory
from tests.factories import TikTokAccountFactory, disagree
from tests.outside.outsiders import Outsider, answers, outsider
from tests.pages.html import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory()
    return account


@pytest.fixture
def user(account: TikTokAccount) -> User:
    return account.user


@pytest.fixture
def program() -> Iterator[Outsider]:
    """A person's program that takes what it is sent."""
    with outsider(answers(204)) as server:
        yield server


def told(account: TikTokAccount, about: str = "post_one") -> Delivery:
    """The message that a result becomes."""
    tell(
        user_id=account.user_id,
        kind=Notice.Kind.RESULT,
        about=about,
        link="/track-record/",
        account_id=account.pk,
        params={"likes": 210},
    )
    return Delivery.objects.latest("pk")


def send(delivery: Delivery, now: datetime | None = None) -> Delivery:
    sending.deliver(delivery_id=delivery.pk, now=now)
    delivery.refresh_from_db()
    return delivery


def is_signed(secret: str, sent: bytes) -> bool:
    """Check it as docs/api.md says."""
    head, _, body = sent.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().splitlines()[1:]]
    headers = {name.lower(): value for name, value in lines}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}")


def test_a_notice_arrives_signed_and_is_logged(account: TikTokAccount, user: User, program: Outsider) -> None:
    _, secret = services.add_webhook(user=user, url=program.url)
    delivery = send(told(account))
    assert (delivery.state, delivery.next_attempt_at) == (Delivery.State.DELIVERED, None)
    [attempt] = delivery.attempts
    assert (attempt["status"], attempt["error"]) == (204, "")
    [sent] = program.heads
    assert is_signed(secret, sent)
    assert not is_signed(secret, sent + b" ")
    body = json.loads(sent.partition(b"\r\n\r\n")[2])
    assert body["type"] == "result"
    assert body["data"]["params"] == {"likes": 210}
    assert body["data"]["account"] == account.public_id
    # it is not sent twice
    assert not sending.deliver(delivery_id=delivery.pk)


def test_a_webhook_is_told_of_its_kinds_while_it_is_on_and_its_person_agrees(
    account: TikTokAccount, user: User, program: Outsider
) -> None:
    services.add_webhook(user=user, url=program.url, kinds=["reminder"])
    off, _ = services.add_webhook(user=user, url=program.url)
    services.change_webhook(webhook=off, enabled=False)
    WebhookFactory(url=program.url)
    tell(user_id=user.pk, kind=Notice.Kind.RESULT, about="post_one", link="/")
    assert not Delivery.objects.exists()
    services.change_webhook(webhook=off, enabled=True)
    delivery = told(account, "post_two")
    disagree(user, Purpose.SERVICE)
    assert not sending.deliver(delivery_id=delivery.pk)
    assert program.connections == 0


def test_a_message_is_repeated_with_growing_pauses_and_then_given_up(account: TikTokAccount, user: User) -> None:
    with outsider(answers(302, Location="http://127.0.0.1:1/")) as elsewhere:
        services.add_webhook(user=user, url=elsewhere.url)
        delivery, now = told(account), timezone.now()
        pauses = []
        while delivery.state == Delivery.State.PENDING:
            assert sending.due(now) == [delivery.pk]
            send(delivery, now)
            if delivery.next_attempt_at:
                pauses.append((delivery.next_attempt_at - now).total_seconds())
                assert sending.due(now) == []
                now = delivery.next_attempt_at
    assert pauses == [30, 150, 750, 3_750, 18_750]
    # a redirect is no answer that takes it, and is not followed
    assert [attempt["status"] for attempt in delivery.attempts] == [302] * 6
    assert elsewhere.connections == 6
    assert Webhook.objects.get().failures == 1


def test_a_program_that_never_answers_is_switched_off_and_its_person_told(account: TikTokAccount, user: User) -> None:
    webhook, _ = services.add_webhook(user=user, url="http://127.0.0.1:9/")
    Webhook.objects.update(failures=sending.OFF_AFTER - 1)
    delivery = told(account)
    Delivery.objects.update(tries=sending.RETRIES)
    assert send(delivery).state == Delivery.State.FAILED
    assert delivery.attempts[0]["error"] == "not_connected"
    webhook.refresh_from_db()
    assert webhook.disabled_at is not None
    notice = Notice.objects.get(kind=Notice.Kind.WEBHOOK_OFF)
    assert notice.link == f"/settings/webhooks/{webhook.public_id}/"
    services.change_webhook(webhook=webhook, enabled=True)
    assert not Notice.objects.filter(kind=Notice.Kind.WEBHOOK_OFF).exists()


def test_a_message_is_replayed_with_its_id_and_body(account: TikTokAccount, user: User, program: Outsider) -> None:
    services.add_webhook(user=user, url=program.url)
    delivery = send(told(account))
    services.replay(delivery=delivery)
    assert send(delivery).state == Delivery.State.DELIVERED
    first, second = program.heads
    assert len(delivery.attempts) == 2
    assert [head.count(f"webhook-id: {delivery.public_id}".encode()) for head in (first, second)] == [1, 1]
    assert first.partition(b"\r\n\r\n")[2] == second.partition(b"\r\n\r\n")[2]


def test_nothing_is_sent_inside(settings: Any, account: TikTokAccount, user: User) -> None:
    with outsider(answers(204)) as inside:
        services.add_webhook(user=user, url=inside.url)
        # as in production, where TikTok's API is not on loopback; nor is it an exception for addresses of people
        for api in ("https://open.tiktokapis.com", inside.url.replace("127.0.0.1", "intranet.example")):
            settings.TIKTOK_API_URL = api
            for address in (
                *(inside.url, "http://example.com/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/"),
                *("https://169.254.169.254/latest/", "ftp://example.com/", "https://me@example.com/", "example.com"),
            ):
                with pytest.raises(UnusableAddress):
                    require_address(address)
            assert require_address(" https://hooks.example.com/a?b=c ") == "https://hooks.example.com/a?b=c"
            delivery = send(told(account, api[:60]))
            assert delivery.attempts[0]["error"] == "internal_address"
    assert inside.connections == 0


def test_programs_add_test_and_remove_webhooks(account: TikTokAccount, user: User, program: Outsider) -> None:
    browser, address = Client(), "/api/v1/webhooks"
    browser.force_login(user)
    added = browser.post(address, {"url": program.url}, content_type="application/json")
    assert added.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    assert added.json()["kinds"] == Notice.Kind.values
    own = added["Location"]
    assert "secret" not in browser.get(own).json()
    changed = browser.patch(own, {"kinds": ["result"], "enabled": False}, content_type="application/json").json()
    assert (changed["kinds"], changed["enabled"]) == (["result"], False)
    refused = browser.patch(own, {"url": "https://10.0.0.1/"}, content_type="application/json")
    assert refused.status_code == 400
    assert [each["field"] for each in refused.json()["errors"]] == ["url"]
    browser.patch(own, {"enabled": True}, content_type="application/json")
    assert browser.post(f"{own}/test").status_code == 202
    delivery = send(Delivery.objects.get())
    [listed] = browser.get(f"{own}/deliveries?state=delivered").json()["results"]
    assert (listed["id"], listed["kind"], listed["notification"]) == (delivery.public_id, "test", None)
    assert listed["attempts"][0]["status"] == 204
    assert browser.post(f"{own}/deliveries/{listed['id']}/replay").json()["state"] == "pending"
    for _ in range(services.MOST_WEBHOOKS - 1):
        WebhookFactory(user=user)
    assert browser.post(address, {"url": program.url}, content_type="application/json").status_code == 409
    assert browser.delete(own).status_code == 204
    assert browser.get(own).status_code == 404


def test_a_person_adds_tries_and_removes_a_webhook_on_the_pages(user: User, program: Outsider) -> None:
    browser = Client()
    browser.force_login(user)
    refused = browser.post("/settings/webhooks/", {"url": "https://10.0.0.1/", "kinds": ["result"]})
    assert "internal network" in refused.content.decode()
    page = read(browser.post("/settings/webhooks/", {"url": program.url, "kinds": ["result"]}).content.decode())
    note = page.by_id("new-secret")
    assert note is not None
    assert next(note.all("code")).text.startswith("whsec_")
    assert "whsec_" not in browser.get("/settings/webhooks/").content.decode()
    own = f"/settings/webhooks/{Webhook.objects.get().public_id}/"
    assert browser.post(own, {"test": ""}).status_code == 302
    send(Delivery.objects.get())
    assert "answered 204" in browser.get(own).content.decode()
    assert browser.post(own, {"replay": Delivery.objects.get().public_id}).status_code == 302
    assert Delivery.objects.get().state == Delivery.State.PENDING
    assert "Choose one at least" in browser.post(own, {"save": ""}).content.decode()
    browser.post(own, {"save": "", "kinds": ["reminder"]})
    assert Webhook.objects.get().kinds == ["reminder"]
    browser.post(own, {"remove": ""})
    assert not Webhook.objects.exists()


def test_messages_are_dated_when_they_are_tried(user: User, program: Outsider) -> None:
    services.add_webhook(user=user, url=program.url)
    delivery = services.send_test(webhook=Webhook.objects.get())
    later = timezone.now() + timedelta(hours=1)
    send(delivery, later)
    assert f"webhook-timestamp: {int(later.timestamp())}".encode() in program.heads[0]
