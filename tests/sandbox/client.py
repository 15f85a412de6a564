"""A client of the sandbox for tests: its process, its control API, and a browser's way through the consent page."""

import html
import os
import re
import signal
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

_ROOT = Path(__file__).resolve().parents[2]
_READY = re.compile(r"sandbox ready on (http://\S+)")
_CREATOR = re.compile(r'name="creator" value="([^"]+)"')
_SCOPE = re.compile(r'name="scope" value="([^"]+)" checked( disabled)?')
TIMEOUT_S = 30


class SandboxProcess:
    """A sandbox in a process of its own, on a free port. Use as a context manager, or start() and stop()."""

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 1,
        client_key: str = "sandbox-client-key",
        client_secret: str = "sandbox-client-secret",  # noqa: S107 - of a simulated app
        options: Sequence[str] = (),
    ) -> None:
        self.client_key = client_key
        self.client_secret = client_secret
        self.url = ""
        self._command = [sys.executable, "-m", "tests.sandbox", "--port", str(port), "--seed", str(seed)]
        self._command += ["--client-key", client_key, "--client-secret", client_secret, *options]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "SandboxProcess":
        """Start it and return once it serves; RuntimeError if it ends before, having said why on standard error."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(self._command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        self._process = process
        assert process.stdout is not None
        ready = _READY.match(process.stdout.readline())
        if ready is None:
            raise RuntimeError(f"the sandbox did not start: {' '.join(self._command)}")
        self.url = ready[1]
        return self

    def stop(self) -> None:
        """End it; harmless if it has ended."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=TIMEOUT_S)
        if self._process and self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> "SandboxProcess":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def authorize_url(self) -> str:
        """What TIKTOK_AUTHORIZE_URL should be."""
        return f"{self.url}/v2/auth/authorize/"

    @property
    def api_url(self) -> str:
        """What TIKTOK_API_URL should be."""
        return self.url

    @property
    def control(self) -> "Control":
        """Its control API."""
        return Control(self.url)


class Control:
    """The control API. Creators are named by their handle; errors raise RuntimeError with the sandbox's words."""

    def __init__(self, url: str) -> None:
        self.url = url

    def creators(self) -> list[dict[str, Any]]:
        """Everybody one can sign in as."""
        return list(self._ask("GET", "creators")["creators"])

    def posts(self, creator: str) -> list[dict[str, Any]]:
        """A creator's public posts, newest first."""
        return list(self._ask("GET", f"creators/{creator}/posts")["posts"])

    def reset(self) -> None:
        """Forget grants, posts published or deleted, faults, limits, log; the clock shows the real time again."""
        self._ask("POST", "reset")

    def now(self) -> float:
        """Sandbox time, seconds since 1970."""
        return float(self._ask("GET", "clock")["now"])

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self._ask("POST", "clock", {"advance_s": seconds})

    def run_at(self, speed: float) -> None:
        """Let time run this much faster than real time; 0 stops it."""
        self._ask("POST", "clock", {"speed": speed})

    def fault(
        self,
        kind: str,
        endpoint: str = "*",
        *,
        times: int | None = 1,
        after: int = 0,
        seconds: float = 2.0,
        retry_after: str | int = "",
        changes: dict[str, Any] | None = None,
    ) -> None:
        """Let `times` (None: all) requests to the endpoint go wrong, once `after` of them have gone well.

        `retry_after` is the header that comes with the answer, `changes` are the odd members of kind "odd".
        """
        order = {"kind": kind, "endpoint": endpoint, "times": times, "after": after, "seconds": seconds}
        self._ask("POST", "faults", {**order, "retry_after": str(retry_after), "changes": changes or {}})

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        self._ask("DELETE", "faults")

    def lifetimes(self, **seconds: float) -> None:
        """How long access tokens (`access_s`), refresh tokens (`refresh_s`) and codes (`code_s`) live from now on."""
        self._ask("POST", "tokens", seconds)

    def expire_access_tokens(self, creator: str = "") -> None:
        """Those of a creator, or all, expire now; refresh tokens stay good."""
        self._ask("POST", "tokens", {"expire_access": True, "creator": creator})

    def limit(self, per_minute: int) -> None:
        """Requests that each endpoint of the Display API takes in any minute."""
        self._ask("POST", "limits", {"per_minute": per_minute})

    def webhooks(self, *, url: str | None = None, duplicate: bool | None = None) -> dict[str, Any]:
        """Set where webhooks go, and whether each is delivered twice; returns that and the deliveries so far."""
        given = {name: value for name, value in {"url": url, "duplicate": duplicate}.items() if value is not None}
        return dict(self._ask("POST", "webhooks", given))

    def send_webhook(self, event: str, creator: str, **content: Any) -> None:
        """Send an event about a creator."""
        self._ask("POST", "webhooks/send", {"event": event, "creator": creator, "content": content})

    def disconnect(self, creator: str, reason: int = 1) -> int:
        """The creator ends all grants, which is also sent as a webhook; how many grants there were."""
        return int(self._ask("POST", "disconnect", {"creator": creator, "reason": reason})["grants_ended"])

    def publish(self, creator: str, **draft: Any) -> str:
        """Publish a post (caption, hashtags, duration_s, posted_at, cover); its id."""
        return str(self._ask("POST", "posts", {"creator": creator, **draft})["id"])

    def delete(self, post_id: str) -> None:
        """The creator deletes a post."""
        self._ask("POST", "posts/delete", {"id": post_id})

    def list_oddly(self, *, pinned: Iterable[str] = (), unlisted: Iterable[str] = ()) -> None:
        """List these posts first, and leave those out, though TikTok counts them; until the next such order."""
        self._ask("POST", "posts/list_oddly", {"pinned": list(pinned), "unlisted": list(unlisted)})

    def make_counts_fall(self, post_id: str, share: float = 0.5) -> None:
        """TikTok takes away a share of a post's counts."""
        self._ask("POST", "posts/make_counts_fall", {"id": post_id, "share": share})

    def shift_audience(self, creator: str = "", *, hours: float = 0.0, level: float = 0.0) -> None:
        """From now on the best hour is later by `hours`, and posts do better by `level` log units."""
        self._ask("POST", "shift_audience", {"creator": creator, "hours": hours, "level": level})

    def requests(self, endpoint: str = "") -> list[dict[str, Any]]:
        """The requests on the wire since the reset, oldest first."""
        return list(self._ask("GET", "requests", query={"endpoint": endpoint})["requests"])

    def true_draft(self, creator: str, **draft: Any) -> dict[str, Any]:
        """Mean and quantiles of a draft's counts at 24 h (`at_24h`), and its effects in log units (`effects_log`)."""
        return dict(self._ask("POST", "truth/draft", {"creator": creator, **draft}))

    def true_effect(self, creator: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
        """Percent of likes gained by publishing one draft in place of the other: total, and by effect."""
        order = {"before": {"creator": creator, **before}, "after": {"creator": creator, **after}}
        return dict(self._ask("POST", "truth/effect", order)["effect_pct"])

    def true_growth(self, creator: str, age_h: float) -> float:
        """Mean share of the final counts at an age."""
        return float(self._ask("GET", "truth/growth", query={"creator": creator, "age_h": age_h})["fraction"])

    def true_counts(self, creator: str, post_id: str, *, age_h: float) -> dict[str, int]:
        """A post's counts at an age, past or to come."""
        return dict(self._ask("GET", f"truth/posts/{post_id}", query={"creator": creator, "age_h": age_h}))

    def _ask(
        self, method: str, path: str, order: dict[str, Any] | None = None, query: dict[str, Any] | None = None
    ) -> Any:
        answer = requests.request(method, f"{self.url}/_sandbox/{path}", json=order, params=query, timeout=TIMEOUT_S)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.json()['error']}")
        return answer.json()


def consent(
    session: requests.Session,
    authorize_redirect_url: str,
    creator: str,
    decline: Collection[str] = (),
    deny: bool = False,
) -> str:
    """Go through the consent page as a browser does; the address of the callback, which is not followed.

    ValueError if the page does not offer the creator, RuntimeError with the page's words if there is no such page.
    """
    page = session.get(authorize_redirect_url, timeout=TIMEOUT_S)
    if page.status_code != 200:
        raise RuntimeError(f"no consent page but {page.status_code}: {_words(page.text)}")
    if creator not in _CREATOR.findall(page.text):
        raise ValueError(f"the consent page does not offer {creator!r}")
    # a browser does not send disabled boxes
    offered = [scope for scope, disabled in _SCOPE.findall(page.text) if not disabled]
    form = {
        "creator": creator,
        "scope": [scope for scope in offered if scope not in decline],
        "decision": "deny" if deny else "allow",
    }
    answer = session.post(page.url, data=form, allow_redirects=False, timeout=TIMEOUT_S)
    if answer.status_code != 302:
        raise RuntimeError(f"the consent form answered {answer.status_code}: {_words(answer.text)}")
    return answer.headers["Location"]


def _words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"(?s)<style.*?</style>|<[^>]+>", " ", page)).split())
