"""Webhooks from TikTok: signed, late, twice, and about people who connected again since."""

import json
import random
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.credentials import sealed_tokens
from accounts.models import Credential, TikTokAccount, WebhookDelivery
from privacy.models import Erasure
from tests.accounts.support import connect
from tests.posts.ingest.mutations import mutated
from tests.prove import SEED, scaled
from tests.sandbox.wire.webhooks import signature
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
ADDRESS = "/webhooks/tiktok/"
NO_REASON: list[Any] = [[], [2], None, 2, 2.0, True, "", "2", {"reason": {}}, "{}", "{", 10**30, -1]


def removal(sandbox, account: TikTokAccount, **changes: object) -> bytes:
    event = {
        "client_key": sandbox.client_key,
        "event": "authorization.removed",
        "create_time": int(time.time()),
        "user_openid": account.open_id,
        "content": json.dumps({"reason": 1}),
    }
    return json.dumps({**event, **changes}).encode()


def deliver(sandbox, body: bytes, header: str | None = None, at: int | None = None):
    header = signature(sandbox.client_secret, body, at) if header is None else header
    return Client(enforce_csrf_checks=True).post(
        ADDRESS, body, content_type="application/json", headers={"TikTok-Signature": header}
    )


def is_revoked() -> bool:
    return Credential.objects.get().state == "revoked"


def test_a_removal_revokes_and_forgets_the_tokens(sandbox, account):
    assert deliver(sandbox, removal(sandbox, account)).status_code == 200
    credential = Credential.objects.get()
    assert is_revoked()
    assert not sealed_tokens.has_tokens(credential)
    assert TikTokAccount.objects.get().disconnected_at


@pytest.mark.django_db(transaction=True)
def test_the_sandboxs_own_webhook_over_http(sandbox, account, creator, live_server):
    sandbox.control.webhooks(url=live_server.url + ADDRESS, duplicate=True)
    sandbox.control.disconnect(creator)
    wait_until(lambda: len(sandbox.control.webhooks()["deliveries"]) == 2, "both deliveries", patience_s=10)
    assert {delivery["status"] for delivery in sandbox.control.webhooks()["deliveries"]} == {200}
    assert is_revoked()
    assert WebhookDelivery.objects.count() == 1


def test_the_second_delivery_does_nothing(sandbox, user, account, creator):
    body = removal(sandbox, account)
    deliver(sandbox, body)
    first = TikTokAccount.objects.get().disconnected_at
    Credential.objects.update(state="active")
    assert deliver(sandbox, body).status_code == 200
    assert not is_revoked()
    assert TikTokAccount.objects.get().disconnected_at == first
    assert WebhookDelivery.objects.count() == 1


def test_a_removal_from_before_the_last_connection_does_nothing(sandbox, user, account, creator):
    body = removal(sandbox, account, create_time=int(time.time()) - 3600)
    connect(sandbox, user, creator)
    assert deliver(sandbox, body).status_code == 200
    assert not is_revoked()


def test_a_removal_after_the_connection_counts_however_late_it_comes(sandbox, account):
    TikTokAccount.objects.update(connected_at=timezone.now() - timedelta(days=3))
    deliver(sandbox, removal(sandbox, account, create_time=int(time.time()) - 2 * 86400))
    assert is_revoked()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,s=",
        "s=abc",
        "t=1",
        "nonsense",
        "t=²,s=abc",
        "t=" + "9" * 5000 + ",s=abc",
        "t=-1,s=abc",
    ],
)
def test_an_odd_signature_is_refused(sandbox, account, header):
    assert deliver(sandbox, removal(sandbox, account), header).status_code == 401
    assert not is_revoked()


def test_a_signature_of_another_body_secret_or_moment_is_refused(sandbox, account):
    body = removal(sandbox, account)
    now = int(time.time())
    good = signature(sandbox.client_secret, body, now)
    for header in (
        signature(sandbox.client_secret, body + b" ", now),
        signature("another secret", body, now),
        good.replace(f"t={now}", f"t={now - 1}"),
        good.upper(),
        good[:-1],
    ):
        assert deliver(sandbox, body, header).status_code == 401
    assert not is_revoked()


@pytest.mark.parametrize(("age", "status"), [(0, 200), (290, 200), (310, 401), (-310, 401), (86400, 401)])
def test_a_signature_is_good_for_five_minutes(sandbox, account, age, status):
    assert deliver(sandbox, removal(sandbox, account), at=int(time.time()) - age).status_code == status
    assert is_revoked() == (status == 200)


def test_an_event_for_another_client_is_refused(sandbox, account):
    assert deliver(sandbox, removal(sandbox, account, client_key="theirs")).status_code == 400
    assert not is_revoked()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"event": 1}', b"\xff"])
def test_a_malformed_body_is_refused(sandbox, db, body):
    assert deliver(sandbox, body).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"create_time": 10**18}, {"create_time": -(10**18)}, {"create_time": "now"}, {"user_openid": "open\0"}]
)
def test_what_no_event_can_hold_is_refused(sandbox, account, changes):
    assert deliver(sandbox, removal(sandbox, account, **changes)).status_code == 400
    assert not is_revoked()


def test_a_removal_counts_with_its_time_in_milliseconds(sandbox, account):
    assert deliver(sandbox, removal(sandbox, account, create_time=time.time_ns() // 10**6)).status_code == 200
    assert is_revoked()


def test_a_removal_counts_whatever_its_content_holds(sandbox, account):
    assert deliver(sandbox, removal(sandbox, account, content="[" * 100_000)).status_code == 200
    assert is_revoked()


@pytest.mark.parametrize(
    ("content", "deleted"),
    [
        *(({"reason": 2}, True), ('{"reason": 2}', True), ({"reason": 1}, False), ({"reason": "2"}, False)),
        *((odd, False) for odd in NO_REASON),
        ('{"reason": ' + "9" * 5000 + "}", False),
    ],
)
def test_content_may_be_an_object_and_other_shapes_say_nothing(sandbox, account, content, deleted):
    assert deliver(sandbox, removal(sandbox, account, content=content)).status_code == 200
    assert is_revoked()
    assert Erasure.objects.exists() is deleted


@pytest.mark.parametrize("missing", ["content", "client_key"])
def test_content_and_client_may_be_missing(sandbox, account, missing):
    event = {name: value for name, value in json.loads(removal(sandbox, account)).items() if name != missing}
    assert deliver(sandbox, json.dumps(event).encode()).status_code == 200
    assert is_revoked()


@pytest.mark.parametrize(
    "changes",
    [
        *({"content": odd} for odd in NO_REASON),
        *({"create_time": odd} for odd in NO_REASON),
        *({"user_openid": odd} for odd in (*NO_REASON, "a\0b", "\ud800", "x" * 9999)),
        *({"client_key": None}, {"more": {"of": ["it"]}}, {"event": ""}, {"event": "e" * 5000}),
    ],
)
def test_what_there_is_no_use_for_is_answered_200_whatever_it_holds(sandbox, account, changes):
    event = removal(sandbox, account, **{"event": "video.upload.failed", **changes})
    assert deliver(sandbox, event).status_code == 200
    assert not is_revoked()


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_other_methods_are_refused(method):
    assert getattr(Client(), method)(ADDRESS).status_code == 405


def deliver_mutated(sandbox, account, record_property, count: int) -> None:
    """Only 200 and 400 are answered, and nobody's grant ends but by the event that says so."""
    chance, statuses = random.Random(SEED), Counter[int]()
    for _ in range(count):
        event = chance.choice(["video.upload.failed", "authorization.removed"])
        _, _, body = mutated(chance, json.loads(removal(sandbox, account, event=event)))
        statuses[deliver(sandbox, body).status_code] += 1
    record_property("mutated webhooks, by status", dict(statuses))
    assert set(statuses) <= {200, 400}
    assert statuses[200]


def test_mutated_events_are_answered(sandbox, account, record_property):
    deliver_mutated(sandbox, account, record_property, 100)


@pytest.mark.prove
def test_many_mutated_events_are_answered(sandbox, account, record_property):
    deliver_mutated(sandbox, account, record_property, scaled(10_000))


def test_unknown_events_and_unknown_people_are_answered_200(sandbox, account):
    assert deliver(sandbox, removal(sandbox, account, event="video.publish.completed")).status_code == 200
    assert deliver(sandbox, removal(sandbox, account, user_openid="nobody")).status_code == 200
    assert deliver(sandbox, removal(sandbox, account, content="not json", user_openid="nobody2")).status_code == 200
    assert not is_revoked()
