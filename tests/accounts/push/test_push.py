"""Browsers are told by their push services: encrypted for them, signed by us, until they end it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from celery.exceptions import Retry
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.test import Client

from accounts.models import Notice, PushSubscription, TikTokAccount, User
from accounts.push import sending, services, vapid
from accounts.push.encryption import encrypt, from_base64url, point_of, to_base64url
from accounts.push.sending import Outcome
from accounts.push.tasks import push_notice
from accounts.telling.services import mark_read, tell
from privacy.purposes import Purpose
from telemetry.models import OutboxMessage
from tests.accounts.telling.factories import PushSubscriptionFactory
from tests.factories import TikTokAccountFactory, disagree
from tests.outside.outsiders import Outsider, answers, outsider

pytestmark = pytest.mark.django_db

KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
"""The private keys, secrets and message of RFC 8291, section 5."""
BROWSER_KEY = ec.derive_private_key(
    int.from_bytes(from_base64url("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
)
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
P256DH = to_base64url(point_of(BROWSER_KEY.public_key()))
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def key(settings: Any) -> None:
    settings.VAPID_PRIVATE_KEY, settings.OPERATOR_CONTACT = KEY, "mailto:operator@example.com"


@pytest.fixture
def user() -> User:
    account: TikTokAccount = TikTokAccountFactory()
    return account.user


@pytest.fixture
def browser(user: User) -> Client:
    client = Client(headers={"User-Agent": LAPTOP, "Accept-Language": "de"})
    client.force_login(user)
    return client


@pytest.fixture
def push_service() -> Iterator[Outsider]:
    with outsider(answers(201)) as server:
        yield server


def subscribed(user: User, url: str) -> PushSubscription:
    return services.add_subscription(user=user, url=url, p256dh=P256DH, auth=AUTH)


def told(user: User, about: str = "expo_one") -> Notice:
    tell(user_id=user.pk, kind=Notice.Kind.EXPORT_READY, about=about, link="/your-data/export/")
    return Notice.objects.get(about=about)


def decrypted(body: bytes) -> bytes:
    """Read a message as the browser does."""
    salt, length = body[:16], body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)

    def derive(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        return HKDF(hashes.SHA256(), length, salt, info).derive(key)

    info = b"WebPush: info\0" + point_of(BROWSER_KEY.public_key()) + sender
    key = derive(BROWSER_KEY.exchange(ec.ECDH(), theirs), from_base64url(AUTH), info, 32)
    content_key = derive(key, salt, b"Content-Encoding: aes128gcm\0", 16)
    plain = AESGCM(content_key).decrypt(derive(key, salt, b"Content-Encoding: nonce\0", 12), sealed, None)
    assert plain.endswith(b"\x02")
    return plain[:-1]


def test_the_standards_own_example_is_encrypted_as_it_says() -> None:
    own = ec.derive_private_key(int.from_bytes(from_base64url(KEY), "big"), ec.SECP256R1())
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        p256dh=P256DH,
        auth=AUTH,
        own=own,
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert to_base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_browser_is_told_in_its_language_by_a_signed_call(
    user: User, browser: Client, push_service: Outsider
) -> None:
    keys = {"p256dh": P256DH, "auth": AUTH}
    browser.post("/settings/devices/", {"url": push_service.url, **keys})
    subscription = PushSubscription.objects.get()
    assert (subscription.device, subscription.language) == ("Firefox on Linux", "de")
    notice = told(user)
    [queued] = OutboxMessage.objects.filter(task="accounts.push.tasks.push_notice")
    assert queued.arguments == [notice.pk, subscription.pk]
    push_notice(*queued.arguments)
    [sent] = push_service.heads
    head, _, body = sent.partition(b"\r\n\r\n")
    assert json.loads(decrypted(body)) == {"title": "Deine Kopie ist fertig", "link": "/your-data/export/"}
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["Topic"] == notice.public_id
    token, _, public = headers["Authorization"].removeprefix("vapid t=").partition(", k=")
    assert public == vapid.public_key()
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(public))
    claims = jwt.decode(token, point, algorithms=["ES256"], audience=push_service.url)
    assert claims["sub"] == "mailto:operator@example.com"
    assert claims["exp"] < time.time() + 24 * 3600
    mark_read(notice=notice)
    assert sending.send(notice_id=notice.pk, subscription_id=subscription.pk) == Outcome.NOT_DUE


def test_a_subscription_that_ended_is_deleted_and_others_are_tried_thrice(user: User) -> None:
    notice = told(user)
    with outsider(answers(410)) as gone, outsider(answers(503)) as busy, outsider(answers(403)) as refusing:
        ended, kept, refused = (subscribed(user, server.url) for server in (gone, busy, refusing))
        assert sending.send(notice_id=notice.pk, subscription_id=ended.pk) == Outcome.GONE
        assert sending.send(notice_id=notice.pk, subscription_id=refused.pk) == Outcome.REFUSED
        request: dict[str, Any] = {"args": (notice.pk, kept.pk), "kwargs": {}, "called_directly": False}
        for tries in range(3):
            push_notice.push_request(**request | {"retries": tries})
            try:
                if tries < 2:
                    with pytest.raises(Retry):
                        push_notice.run(notice.pk, kept.pk)
                else:
                    push_notice.run(notice.pk, kept.pk)
            finally:
                push_notice.pop_request()
        assert busy.connections == 3
    assert {*PushSubscription.objects.all()} == {kept, refused}
    disagree(user, Purpose.SERVICE)
    assert sending.send(notice_id=notice.pk, subscription_id=kept.pk) == Outcome.NOT_DUE


def test_nothing_is_sent_inside(settings: Any, user: User) -> None:
    with outsider(answers(201)) as inside:
        subscription = subscribed(user, inside.url)
        settings.TIKTOK_API_URL = "https://open.tiktokapis.com"
        assert sending.send(notice_id=told(user).pk, subscription_id=subscription.pk) == Outcome.LATER
    assert inside.connections == 0


def test_programs_list_add_and_remove_subscriptions(user: User, browser: Client) -> None:
    other: PushSubscription = PushSubscriptionFactory()
    address, body = "/api/v1/push-subscriptions", {"url": other.url, "p256dh": P256DH, "auth": AUTH}
    assert browser.get("/api/v1/push-key").json() == {"public_key": vapid.public_key()}
    for field, value in (("url", "https://10.0.0.1/"), ("p256dh", "short")):
        refused = browser.post(address, {**body, field: value}, content_type="application/json")
        assert [each["field"] for each in refused.json()["errors"]] == [field]
    added = browser.post(address, body, content_type="application/json")
    assert (added.status_code, added.json()["language"]) == (201, "en-gb")
    # whoever uses the browser now is told there, and nobody else
    assert not PushSubscription.objects.filter(pk=other.pk).exists()
    assert [each["url"] for each in browser.get(address).json()["results"]] == [other.url]
    for _ in range(services.MOST_SUBSCRIPTIONS - 1):
        PushSubscriptionFactory(user=user)
    full = browser.post(address, {**body, "url": "https://push.example.com/new"}, content_type="application/json")
    assert full.status_code == 409
    assert browser.delete(added["Location"]).status_code == 204
    assert browser.get(added["Location"]).status_code == 404


def test_the_page_offers_it_where_there_is_a_key(settings: Any, user: User, browser: Client) -> None:
    own: PushSubscription = PushSubscriptionFactory(user=user)
    page = browser.get("/notifications/").content.decode()
    assert vapid.public_key() in page
    assert own.url in page
    stranger = PushSubscriptionFactory()
    assert browser.post("/settings/devices/", {"remove": stranger.public_id}).status_code == 404
    assert browser.post("/settings/devices/", {"remove": own.public_id}).status_code == 302
    assert not PushSubscription.objects.filter(pk=own.pk).exists()
    worker = Client().get("/push.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert "default-src 'none'" in worker.headers["Content-Security-Policy"]
    settings.VAPID_PRIVATE_KEY = ""
    assert "/settings/devices/" not in browser.get("/notifications/").content.decode()
    assert browser.post("/settings/devices/").status_code == 404
    assert browser.get("/api/v1/push-key").status_code == 404
    told(user)
    assert not OutboxMessage.objects.filter(task="accounts.push.tasks.push_notice").exists()
