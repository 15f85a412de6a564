"""Ways to connect a creator, and a TikTok that answers as a test tells it to."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import redis
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.linked.services import connect_account, update_profile
from accounts.models import TikTokAccount, User
from accounts.sign_in.tasks import exchange_code
from accounts.tiktok import client as tiktok
from accounts.tiktok.errors import parse_envelope
from posts.platforms.tiktok.client import DisplayAPI
from tests.sandbox.client import SandboxProcess, consent

SMALL_CREATOR = 0
CALLBACK = "/accounts/tiktok/login/callback/"
WAITING = "/accounts/tiktok/login/waiting/"


def creators(sandbox: SandboxProcess) -> list[str]:
    """The handles that one can sign in as."""
    return [creator["handle"] for creator in sandbox.control.creators()]


def begin(browser: Client, **form: str) -> str:
    """Press "sign in with TikTok"; the address of TikTok's consent page."""
    answer = browser.post("/accounts/tiktok/login/", form)
    assert answer.status_code == 302, answer.content
    return answer["Location"]


def sign_in(browser: Client, creator: str, decline: Collection[str] = (), *, deny: bool = False, **form: str) -> Any:
    """Sign the browser in through the consent page; the answer that ends it."""
    return come_back(browser, consent(requests.Session(), begin(browser, **form), creator, decline, deny))


def come_back(browser: Client, callback: str) -> Any:
    """Open the address that TikTok sends back to, have a worker ask TikTok, and return the page's answer to that."""
    answer = browser.get(path_of(callback))
    if answer.headers.get("Location") != WAITING:
        return answer
    run_worker()
    return browser.get(WAITING)


def run_worker() -> None:
    """Do what waits for a worker that signs in, as one does it."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter("sign-in:*"):
            if client.type(key) == b"hash":
                exchange_code(key.decode())


def path_of(url: str) -> str:
    """Path and query of an address at this service, for Django's test client."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def obtain_grant(sandbox: SandboxProcess, creator: str, decline: Collection[str] = ()) -> tiktok.Grant:
    """A grant, without the application's pages."""
    redirect_uri = f"http://testserver{CALLBACK}"
    query = {
        "client_key": sandbox.client_key,
        "response_type": "code",
        "scope": ",".join(tiktok.SCOPES),
        "redirect_uri": redirect_uri,
        "state": "any",
    }
    callback = consent(requests.Session(), f"{sandbox.authorize_url}?{urlencode(query)}", creator, decline)
    code = parse_qs(urlsplit(callback).query)["code"][0]
    return tiktok.exchange_code(code=code, redirect_uri=redirect_uri)


def connect(sandbox: SandboxProcess, user: User, creator: str, decline: Collection[str] = ()) -> TikTokAccount:
    """Connect a creator's account for `user`, who consents to the service, without the application's pages."""
    grant = obtain_grant(sandbox, creator, decline)
    return read_profile(connect_account(user=user, grant=grant, now=timezone.now()))


def read_profile(account: TikTokAccount) -> TikTokAccount:
    """The account with its profile, read as a refresh does it first."""
    profile = DisplayAPI(account.pk).profile(account.credential.scopes)
    update_profile(account_id=account.pk, profile=profile, now=timezone.now())
    account.refresh_from_db()
    return account


def open_id_of(token: str) -> str:
    """Whose access token TikTok says this is; raises AccessTokenInvalid."""
    headers = {"Authorization": f"Bearer {token}"}
    user = parse_envelope(tiktok.send("GET", "/v2/user/info/", params={"fields": "open_id"}, headers=headers))["user"]
    return str(user["open_id"])


@contextmanager
def tiktok_that_answers(answers: dict[str, tuple[int, Any]]) -> Iterator[str]:
    """The address of a server that answers each path with (status, body): bytes as they are, the rest as JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            status, answer = answers[urlsplit(self.path).path]
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def token_answer(**changes: Any) -> dict[str, Any]:
    """A token response as TikTok documents it."""
    return {
        "open_id": "open-1",
        "scope": "user.info.basic,video.list",
        "access_token": "act.first-access-token",
        "expires_in": 7200,
        "refresh_token": "rft.first-refresh-token",
        "refresh_expires_in": 180 * 86400,
        "token_type": "Bearer",
        **changes,
    }
