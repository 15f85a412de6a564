"""A client that speaks TikTok's wire to the sandbox, as an application would."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.sandbox.client import SandboxProcess, consent

REDIRECT_URI = "http://127.0.0.1:8000/callback"
ALL_SCOPES = "user.info.basic,user.info.profile,user.info.stats,video.list"


class Wire:
    """One app that talks to a sandbox."""

    def __init__(self, process: SandboxProcess) -> None:
        self.process = process
        self.tokens: dict[str, Any] = {}

    def authorize_url(self, **changes: str) -> str:
        query = {
            "client_key": self.process.client_key,
            "response_type": "code",
            "scope": ALL_SCOPES,
            "redirect_uri": REDIRECT_URI,
            "state": "st4te",
            **changes,
        }
        return f"{self.process.authorize_url}?{urlencode({name: text for name, text in query.items() if text})}"

    def callback(self, creator: str, decline: tuple[str, ...] = (), deny: bool = False, **query: str) -> dict[str, str]:
        """What comes back from the consent page."""
        address = consent(requests.Session(), self.authorize_url(**query), creator, decline, deny)
        assert address.startswith(REDIRECT_URI)
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def token(self, **form: str) -> requests.Response:
        known = {"client_key": self.process.client_key, "client_secret": self.process.client_secret}
        return requests.post(f"{self.process.url}/v2/oauth/token/", data={**known, **form}, timeout=10)

    def exchange(self, code: str, **form: str) -> requests.Response:
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **form})

    def refresh(self, refresh_token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, token: str) -> requests.Response:
        form = {"client_key": self.process.client_key, "client_secret": self.process.client_secret, "token": token}
        return requests.post(f"{self.process.url}/v2/oauth/revoke/", data=form, timeout=10)

    def sign_in(self, creator: str, decline: tuple[str, ...] = ()) -> dict[str, Any]:
        answer = self.exchange(self.callback(creator, decline)["code"])
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self.tokens

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.get('access_token', 'none')}"}

    def user(self, fields: str = "open_id,display_name", timeout: float = 10) -> requests.Response:
        url = f"{self.process.url}/v2/user/info/"
        return requests.get(url, params={"fields": fields}, headers=self.headers, timeout=timeout)

    def videos(self, fields: str = "id,create_time,like_count", **body: Any) -> requests.Response:
        url = f"{self.process.url}/v2/video/list/"
        return requests.post(url, params={"fields": fields}, json=body, headers=self.headers, timeout=10)

    def query(self, ids: Any, fields: str = "id,like_count,comment_count,share_count,view_count") -> requests.Response:
        url = f"{self.process.url}/v2/video/query/"
        body = {"filters": {"video_ids": ids}}
        return requests.post(url, params={"fields": fields}, json=body, headers=self.headers, timeout=10)

    def all_pages(self, fields: str = "id,create_time,like_count", max_count: int = 20) -> list[list[dict[str, Any]]]:
        """Every page of the list, as has_more and cursor lead."""
        pages, body = [], {"max_count": max_count}
        while True:
            data = self.videos(fields, **body).json()["data"]
            pages.append(data["videos"])
            if not data["has_more"]:
                return pages
            body["cursor"] = data["cursor"]


@pytest.fixture
def wire(sandbox_process: SandboxProcess) -> Wire:
    """An app in front of a sandbox without traces of other tests."""
    sandbox_process.control.reset()
    return Wire(sandbox_process)
