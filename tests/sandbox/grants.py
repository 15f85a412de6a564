"""What creators have granted to the client: codes, access tokens and rotating refresh tokens. Lives in real time."""

import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Lifetimes:
    """How long what is issued from now on lives, in seconds."""

    access_s: float = 7200
    refresh_s: float = 180 * 86400
    code_s: float = 300


@dataclass
class Grant:
    """One consent of a creator. Several access tokens may be alive; one refresh token is."""

    creator: str
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires: float
    access_expires: dict[str, float] = field(default_factory=dict)  # by token

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Grant":
        """What `as_dict` gave."""
        return cls(**{**stored, "scopes": tuple(stored["scopes"])})

    def as_dict(self) -> dict[str, Any]:
        """What a state file keeps."""
        return asdict(self)


@dataclass(frozen=True)
class Code:
    """An authorization code that was not used yet."""

    creator: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str  # hex SHA-256 of the verifier; empty without PKCE
    expires: float


class GrantStore:
    """Issues, finds and withdraws grants. `grants` is shared with the state that is saved."""

    def __init__(self, grants: list[Grant]) -> None:
        self.grants = grants
        self.lifetimes = Lifetimes()
        self.codes: dict[str, Code] = {}

    def issue_code(self, creator: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str) -> str:
        """A code for one exchange; like TikTok's it holds characters that need URL encoding."""
        code = f"{secrets.token_urlsafe(24)}*0!{secrets.randbelow(10_000):04d}.sb"
        expires = time.time() + self.lifetimes.code_s
        self.codes[code] = Code(creator, scopes, redirect_uri, challenge, expires)
        return code

    def use_code(self, code: str) -> Code | None:
        """The code's meaning, once; None if it is unknown, used or expired."""
        meaning = self.codes.pop(code, None)
        return meaning if meaning and meaning.expires > time.time() else None

    def grant(self, creator: str, scopes: tuple[str, ...]) -> tuple[Grant, str]:
        """A new grant and its first access token; those that have run out are forgotten."""
        self.grants[:] = [grant for grant in self.grants if grant.refresh_expires > time.time()]
        grant = Grant(creator, scopes, "", 0)
        self.grants.append(grant)
        return grant, self._renew(grant)

    def refresh(self, refresh_token: str) -> tuple[Grant, str] | None:
        """Rotate: a new access token and refresh token; None if the one sent is unknown, rotated away or expired."""
        for grant in self.grants:
            if secrets.compare_digest(grant.refresh_token, refresh_token) and grant.refresh_expires > time.time():
                return grant, self._renew(grant)
        return None

    def find_access(self, token: str) -> Grant | None:
        """The grant of an access token that has not expired."""
        for grant in self.grants:
            if grant.access_expires.get(token, 0) > time.time():
                return grant
        return None

    def find_any(self, token: str) -> Grant | None:
        """The grant of an access or refresh token, expired or not."""
        return next((g for g in self.grants if token == g.refresh_token or token in g.access_expires), None)

    def withdraw(self, creator: str) -> int:
        """End all grants of a creator; returns how many there were."""
        kept = [grant for grant in self.grants if grant.creator != creator]
        ended = len(self.grants) - len(kept)
        self.grants[:] = kept
        self.codes = {code: meaning for code, meaning in self.codes.items() if meaning.creator != creator}
        return ended

    def expire_access(self, creator: str = "") -> None:
        """Make the access tokens of a creator, or of all, expire now; refresh tokens stay good."""
        for grant in self.grants:
            if creator in ("", grant.creator):
                grant.access_expires = dict.fromkeys(grant.access_expires, 0.0)

    def _renew(self, grant: Grant) -> str:
        now = time.time()
        grant.access_expires = {token: end for token, end in grant.access_expires.items() if end > now}
        token = f"act.{secrets.token_urlsafe(32)}!sb"
        grant.access_expires[token] = now + self.lifetimes.access_s
        grant.refresh_token = f"rft.{secrets.token_urlsafe(32)}!sb"
        grant.refresh_expires = now + self.lifetimes.refresh_s
        return token


def fingerprint(token: str) -> str:
    """What a log may show of a token."""
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""


def open_id(creator: str, client_key: str) -> str:
    """The creator's id for this client."""
    return "-000" + hashlib.sha256(f"{client_key}/{creator}".encode()).hexdigest()[:32]


def union_id(creator: str) -> str:
    """The creator's id for all clients of one developer."""
    return hashlib.sha256(f"union/{creator}".encode()).hexdigest()[:36]
