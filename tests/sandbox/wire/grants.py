"""Creators' grants to the client: codes, access tokens and rotating refresh tokens, in real time."""

import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Lifetimes:
    """Lifetimes of codes and tokens issued from now on, in seconds."""

    access_s: float = 7200
    refresh_s: float = 180 * 86400
    code_s: float = 300


@dataclass
class Grant:
    """One consent of a creator, with any number of valid access tokens and one refresh token."""

    creator: str
    scopes: tuple[str, ...]
    refresh_token: str
    refresh_expires: float
    access_expires: dict[str, float] = field(default_factory=dict)  # by token

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Grant":
        """Return the grant that `as_dict` stored."""
        return cls(**{**stored, "scopes": tuple(stored["scopes"])})

    def as_dict(self) -> dict[str, Any]:
        """Return the grant as a state file keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Code:
    """An unused authorization code."""

    creator: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str  # hex SHA-256 of the verifier; empty without PKCE
    expires: float


class GrantStore:
    """Issue, find and withdraw grants. `grants` is shared with the state that is saved."""

    def __init__(self, grants: list[Grant]) -> None:
        self.grants = grants
        self.lifetimes = Lifetimes()
        self.codes: dict[str, Code] = {}

    def issue_code(self, creator: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str) -> str:
        """Issue a code for one exchange; like TikTok's it contains characters that need URL encoding."""
        code = f"{secrets.token_urlsafe(24)}*0!{secrets.randbelow(10_000):04d}.sb"
        expires = time.time() + self.lifetimes.code_s
        self.codes[code] = Code(creator, scopes, redirect_uri, challenge, expires)
        return code

    def use_code(self, code: str) -> Code | None:
        """Consume a code; None if it is unknown, used or expired."""
        issued = self.codes.pop(code, None)
        return issued if issued and issued.expires > time.time() else None

    def grant(self, creator: str, scopes: tuple[str, ...]) -> tuple[Grant, str]:
        """Create a grant and its first access token; drop expired grants."""
        self.grants[:] = [grant for grant in self.grants if grant.refresh_expires > time.time()]
        grant = Grant(creator, scopes, "", 0)
        self.grants.append(grant)
        return grant, self._renew(grant)

    def refresh(self, refresh_token: str) -> tuple[Grant, str] | None:
        """Rotate both tokens; None if the refresh token is unknown, rotated away or expired."""
        for grant in self.grants:
            if secrets.compare_digest(grant.refresh_token, refresh_token) and grant.refresh_expires > time.time():
                return grant, self._renew(grant)
        return None

    def find_access(self, token: str) -> Grant | None:
        """Return the grant of an access token that has not expired, or None."""
        for grant in self.grants:
            if grant.access_expires.get(token, 0) > time.time():
                return grant
        return None

    def find_any(self, token: str) -> Grant | None:
        """Return the grant of an access or refresh token, expired or not, or None."""
        return next((g for g in self.grants if token == g.refresh_token or token in g.access_expires), None)

    def withdraw(self, creator: str) -> int:
        """End all grants of a creator and return their number."""
        kept = [grant for grant in self.grants if grant.creator != creator]
        ended = len(self.grants) - len(kept)
        self.grants[:] = kept
        self.codes = {text: code for text, code in self.codes.items() if code.creator != creator}
        return ended

    def expire_access(self, creator: str = "") -> None:
        """Expire the access tokens of a creator, or of all if empty; refresh tokens stay valid."""
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
    """Return a short hash of a token for logs; empty for an empty token."""
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""


def open_id(creator: str, client_key: str) -> str:
    """Return the creator's id for this client."""
    return "-000" + hashlib.sha256(f"{client_key}/{creator}".encode()).hexdigest()[:32]


def union_id(creator: str) -> str:
    """Return the creator's id for all clients of one developer."""
    return hashlib.sha256(f"union/{creator}".encode()).hexdigest()[:36]
