"""Webhooks, to a real listener."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.sandbox_tests.conftest import Wire
from tests.waiting import wait_until


class Listener:
    """Keeps what it is sent; answers with the statuses given, then with 200."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.received.append((self.headers["TikTok-Signature"], body))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()
    thread = threading.Thread(target=heard.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield heard
    heard.server.shutdown()
    heard.server.server_close()
    thread.join()


def test_a_disconnect_is_told_and_signed(wire: Wire, listener: Listener) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.webhooks(url=listener.url)
    wire.process.control.disconnect("mara.baking", reason=1)
    wait_until(lambda: len(listener.received) == 1, "a webhook arrives")
    header, body = listener.received[0]
    stamp, digest = (part.split("=", 1)[1] for part in header.split(","))
    expected = hmac.new(wire.process.client_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert abs(int(stamp) - time.time()) < 60
    event = json.loads(body)
    assert event["event"] == "authorization.removed"
    assert event["user_openid"] == tokens["open_id"]
    assert event["client_key"] == wire.process.client_key
    assert json.loads(event["content"]) == {"reason": 1}


def test_the_apps_own_revoke_is_told_as_such(wire: Wire, listener: Listener) -> None:
    tokens = wire.sign_in("mara.baking")
    wire.process.control.webhooks(url=listener.url)
    wire.revoke(tokens["refresh_token"])
    wait_until(lambda: len(listener.received) == 1, "a webhook arrives")
    assert json.loads(json.loads(listener.received[0][1])["content"]) == {"reason": 5}


def test_it_is_tried_again_until_answered_with_200(wire: Wire, listener: Listener) -> None:
    listener.statuses = [500, 302]
    wire.process.control.webhooks(url=listener.url)
    wire.process.control.send_webhook("authorization.removed", "mara.baking", reason=2)
    wait_until(lambda: wire.process.control.webhooks()["under_way"] == 0, "no delivery is under way")
    assert [delivery["status"] for delivery in wire.process.control.webhooks()["deliveries"]] == [500, 302, 200]
    bodies = {body for _, body in listener.received}
    assert len(bodies) == 1


def test_deliveries_can_be_doubled(wire: Wire, listener: Listener) -> None:
    wire.process.control.webhooks(url=listener.url, duplicate=True)
    wire.process.control.send_webhook("authorization.removed", "mara.baking", reason=1)
    wait_until(lambda: len(listener.received) == 2, "two webhooks arrive")
    assert listener.received[0][1] == listener.received[1][1]


def test_without_an_address_nothing_can_be_sent(wire: Wire) -> None:
    with pytest.raises(RuntimeError, match="no webhook address"):
        wire.process.control.send_webhook("authorization.removed", "mara.baking")
