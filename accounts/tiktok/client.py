"""Call TikTok's OAuth API over HTTP, with typed answers; the scopes that a creator is asked for."""

from typing import Annotated, Any, Self

import requests
import stamina
from django.conf import settings
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from accounts.tiktok.errors import TikTokUnavailable, parse_oauth
from privacy.anonymity.blanking import blank_contacts

# seconds to connect, and to wait for more of the answer
TIMEOUT = (3.05, 10)
# for calls that can be repeated without harm; seconds
RETRIES: dict[str, Any] = {"attempts": 3, "timeout": 20, "wait_initial": 0.1, "wait_max": 1.0, "wait_jitter": 0.2}

BASIC_SCOPE = "user.info.basic"
USER_FIELDS = {
    BASIC_SCOPE: ("open_id", "union_id", "display_name"),
    "user.info.profile": ("username", "is_verified"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
SCOPES = (*USER_FIELDS, "video.list")


def _split_scopes(value: Any) -> Any:
    return [scope.strip() for scope in value.split(",") if scope.strip()] if isinstance(value, str) else value


def _storable(value: Any) -> Any:
    """Texts are a creator's own: PostgreSQL takes no NUL, UTF-8 no lone surrogates."""
    if value is None:
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text[:LONGEST_TEXT]


LONGEST_TEXT = 255
"""What the columns take."""
Text = Annotated[str, BeforeValidator(_storable), AfterValidator(_cut)]
Name = Annotated[str, BeforeValidator(_storable), AfterValidator(blank_contacts), AfterValidator(_cut)]
"""A text of the creator's own choice: some write how to reach them there, which is not kept."""
Count = Annotated[int, Field(ge=0, lt=2**63)]


class _Wire(BaseModel):
    """What TikTok sends; members that it adds later are ignored. Values never show in error messages."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """Return the typed answer; raises TikTokUnavailable, which names the missing or malformed members."""
        try:
            return cls.model_validate(answer)
        except ValidationError as error:
            members = ", ".join(sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}))
            raise TikTokUnavailable("unreadable_answer", f"missing or malformed: {members or 'all of it'}") from None


class Grant(_Wire):
    """What a creator granted: tokens, their lifetimes in seconds, and the scopes that were not declined."""

    open_id: str = Field(min_length=1, max_length=128)
    scopes: Annotated[list[str], BeforeValidator(_split_scopes)] = Field(alias="scope")
    access_token: SecretStr = Field(min_length=1)
    expires_in: int = Field(ge=0)
    refresh_token: SecretStr = Field(min_length=1)
    refresh_expires_in: int = Field(ge=0)


class Profile(_Wire):
    """A creator's profile: what the granted scopes show of it, None or empty for the rest."""

    open_id: Text = ""
    union_id: Text = ""
    display_name: Name = ""
    username: Text = ""
    is_verified: bool | None = None
    follower_count: Count | None = None
    following_count: Count | None = None
    likes_count: Count | None = None
    video_count: Count | None = None


def exchange_code(*, code: str, redirect_uri: str, code_verifier: str | None = None) -> Grant:
    """Return the grant for the code that the consent page sent. Not retried: a code can be used once."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier:
        form["code_verifier"] = code_verifier
    return Grant.read(_oauth("token", form))


def refresh(*, refresh_token: str) -> Grant:
    """Exchange a refresh token, which stops working, for a new grant.

    Retries with the old token if TikTok's answer is lost: either it was not used up, or the grant is lost already and
    TikTok answers GrantRefused.
    """
    for attempt in stamina.retry_context(on=TikTokUnavailable, **RETRIES):
        with attempt:
            return Grant.read(_oauth("token", {"grant_type": "refresh_token", "refresh_token": refresh_token}))
    raise AssertionError("stamina raises when its attempts are used up")


def revoke(*, access_token: str) -> None:
    """Revoke everything that the creator granted."""
    _oauth("revoke", {"token": access_token})


def send(method: str, path: str, **options: Any) -> requests.Response:
    """Call TikTok's API once, with a timeout; raises TikTokUnavailable if no whole answer came back."""
    try:
        # TikTok's API does not redirect: following one could carry a token elsewhere
        return requests.request(
            method, f"{settings.TIKTOK_API_URL}{path}", timeout=TIMEOUT, allow_redirects=False, **options
        )
    except requests.RequestException as error:
        raise TikTokUnavailable("no_answer", type(error).__name__) from error


def _oauth(endpoint: str, form: dict[str, str]) -> dict[str, Any]:
    client = {"client_key": settings.TIKTOK_CLIENT_KEY, "client_secret": settings.TIKTOK_CLIENT_SECRET}
    return parse_oauth(send("POST", f"/v2/oauth/{endpoint}/", data=client | form))
