"""Call TikTok's OAuth API over HTTP, with typed answers; the scopes that a creator is asked for.

Answers are read field by field: an unusable optional value is unknown, and is logged by its field's name alone.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

import stamina
import structlog
from django.conf import settings
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from accounts.tiktok.errors import LONGEST_PAUSE_S, TikTokUnavailable, parse_oauth, pause_before_retry
from accounts.tiktok.lenient import LARGEST_COUNT, LENIENT, Unreadable, storable
from config.outside.client import Answer, call
from config.outside.errors import HostResting, OutsideError
from privacy.anonymity.blanking import blank_contacts

log = structlog.get_logger(__name__)

DEADLINE_S = 10.0
"""For all of a call: DNS, connecting, TLS and the whole answer."""
MAX_BYTES = 2 * 1024 * 1024
"""Of an answer: twenty videos with their longest captions and addresses take a tenth of it."""
# for calls that can be repeated without harm; seconds
RETRIES: dict[str, Any] = {"attempts": 3, "timeout": 20, "wait_initial": 0.1, "wait_max": 1.0, "wait_jitter": 0.2}
LONGEST_REFRESH_S = RETRIES["timeout"] + LONGEST_PAUSE_S + DEADLINE_S
"""Upper bound of the time of `refresh`: no attempt begins after the retries' time."""

BASIC_SCOPE = "user.info.basic"
VIDEO_SCOPE = "video.list"
USER_FIELDS = {
    BASIC_SCOPE: ("open_id", "union_id", "display_name"),
    "user.info.profile": ("username", "is_verified"),
    "user.info.stats": ("follower_count", "following_count", "likes_count", "video_count"),
}
SCOPES = (*USER_FIELDS, VIDEO_SCOPE)

ACCESS_S = 2 * 60 * 60
REFRESH_S = 180 * 24 * 60 * 60
"""TikTok's documented lifetimes, for an answer that does not say them."""
LONGEST_LIFE_S = 10 * 365 * 24 * 60 * 60
LONGEST_SCOPE = 64
LONGEST_ID = 128
LONGEST_TEXT = 255
"""What the columns take."""
OPEN_ID = rf"^[\x21-\x7e]{{1,{LONGEST_ID}}}$"


def _split_scopes(value: Any) -> Any:
    # RFC 6749 separates scopes by spaces, TikTok by commas
    words = value.replace(" ", ",").split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ValueError("scopes are one text, or a list of texts")
    return [word.strip() for word in words if _is_scope(word.strip())]


def _is_scope(word: str) -> bool:
    return 0 < len(word) <= LONGEST_SCOPE and word.isascii() and word.isprintable()


def _one_word(token: SecretStr) -> SecretStr:
    # it is sent on in a header, where a line break would begin another header
    if not re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()):
        raise ValueError("a token is printable ASCII without spaces")
    return token


def _cut(text: str) -> str:
    return text[:LONGEST_TEXT]


Id = Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[\x21-\x7e]*$"), LENIENT]
Text = Annotated[str, BeforeValidator(storable), AfterValidator(_cut), LENIENT]
Name = Annotated[
    str, BeforeValidator(storable), AfterValidator(_cut), AfterValidator(blank_contacts), AfterValidator(_cut), LENIENT
]
"""A text of the creator's own choice: some write how to reach them there, which is not kept."""
Count = Annotated[Annotated[int, Field(strict=True, ge=0, le=LARGEST_COUNT)] | None, LENIENT]
Seconds = Annotated[int, Field(strict=True, gt=0, le=LONGEST_LIFE_S), LENIENT]
Token = Annotated[SecretStr, Field(min_length=1, max_length=8192), AfterValidator(_one_word)]


class _Wire(BaseModel):
    """What TikTok sends; members that it adds later are ignored. Values never show in error messages."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Grant(_Wire):
    """What a creator granted: tokens, their lifetimes in seconds, and the scopes that were not declined.

    Only whose it is and the access token must be there. Lifetimes that are missing or odd are TikTok's documented ones.
    """

    open_id: str = Field(min_length=1, pattern=OPEN_ID)
    scopes: Annotated[list[str], BeforeValidator(_split_scopes), LENIENT] = Field(list(SCOPES), alias="scope")
    access_token: Token
    expires_in: Seconds = ACCESS_S
    refresh_token: Annotated[Token | None, LENIENT] = None
    refresh_expires_in: Seconds = REFRESH_S

    @classmethod
    def read(cls, answer: Any, *, scopes: Sequence[str] = SCOPES, open_id: str = "") -> Self:
        """Return the typed answer; raises TikTokUnavailable, which names the missing or malformed members.

        An answer without readable scopes means `scopes`: those asked for or, of a refresh, those granted before
        (RFC 6749, 5.1 and 6). The answer to a refresh need not say whose keys it brings; if it names anybody but
        `open_id`, nothing of it is taken.
        """
        unreadable = Unreadable()
        members = {"scope": list(scopes), **_present(answer)}
        if open_id:
            named = members.get("open_id", open_id)
            if not isinstance(named, str) or not re.fullmatch(OPEN_ID, named):
                unreadable["open_id"] += 1
            elif named != open_id:
                raise TikTokUnavailable("unexpected_answer", "these keys are those of another account")
            members["open_id"] = open_id
        try:
            grant = cls.model_validate(members, context=unreadable)
        except ValidationError as error:
            names = ", ".join(sorted({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}))
            raise TikTokUnavailable("unreadable_answer", f"missing or malformed: {names or 'all of it'}") from None
        tell_unreadable("oauth/token", unreadable)
        return grant.model_copy(update={"scopes": list(scopes)}) if unreadable["scopes"] else grant


class Profile(_Wire):
    """A creator's profile: what the granted scopes show of it, None or empty for the rest.

    `unreadable` names the members that TikTok sent and that say nothing: what is known of them stays.
    """

    open_id: Id = ""
    union_id: Id = ""
    display_name: Name = ""
    username: Text = ""
    is_verified: Annotated[Annotated[bool, Field(strict=True)] | None, LENIENT] = None
    follower_count: Count = None
    following_count: Count = None
    likes_count: Count = None
    video_count: Count = None
    unreadable: frozenset[str] = Field(frozenset(), exclude=True)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """Return the typed answer. Nothing in a profile must be there, so nothing in it is an error."""
        unreadable = Unreadable()
        if not isinstance(answer, dict):
            unreadable.update(name for name in cls.model_fields if name != "unreadable")
        members = {name: value for name, value in _present(answer).items() if name != "unreadable"}
        profile = cls.model_validate(members, context=unreadable)
        tell_unreadable("user/info", unreadable)
        return profile.model_copy(update={"unreadable": frozenset(unreadable)})


def tell_unreadable(endpoint: str, unreadable: Unreadable, **more: Any) -> None:
    """Log which fields of an answer were unusable, and how often; not what they held."""
    if unreadable or any(more.values()):
        log.warning("tiktok_values_unreadable", endpoint=endpoint, fields=dict(unreadable), **more)


def exchange_code(*, code: str, redirect_uri: str, code_verifier: str | None = None) -> Grant:
    """Return the grant for the code that the consent page sent, within `DEADLINE_S`.

    Not retried: a code can be used once. Raises TikTokError.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if code_verifier:
        form["code_verifier"] = code_verifier
    return Grant.read(_oauth("token", form))


def refresh(*, refresh_token: str, scopes: Sequence[str] = SCOPES, open_id: str = "") -> Grant:
    """Exchange a refresh token, which stops working, for a new grant, within `LONGEST_REFRESH_S`.

    Retries with the old token if TikTok's answer is lost: either it was not used up, or the grant is lost already and
    TikTok answers GrantRefused. `scopes` are those held, for an answer that names none; `open_id` is whose they are.
    """
    for attempt in stamina.retry_context(on=pause_before_retry, **RETRIES):
        with attempt:
            form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            return Grant.read(_oauth("token", form), scopes=scopes, open_id=open_id)
    raise AssertionError("stamina raises when its attempts are used up")


def revoke(*, access_token: str) -> None:
    """Revoke everything that the creator granted."""
    _oauth("revoke", {"token": access_token})


def send(method: str, path: str, **options: Any) -> Answer:
    """Call TikTok's API once, within `DEADLINE_S`; raises TikTokUnavailable if no usable answer came back.

    `options` are those of `config.outside.client.call`: params, form, json_body, headers.
    """
    try:
        return call(
            method,
            f"{settings.TIKTOK_API_URL}{path}",
            # trouble with videos must not keep anybody from signing in
            service="tiktok-oauth" if path.startswith("/v2/oauth/") else "tiktok",
            deadline_s=DEADLINE_S,
            max_bytes=MAX_BYTES,
            **options,
        )
    except HostResting as error:
        raise TikTokUnavailable("host_resting", str(error)) from error
    except OutsideError as error:
        raise TikTokUnavailable("no_answer", str(error)) from error


def _oauth(endpoint: str, form: dict[str, str]) -> dict[str, Any]:
    client = {"client_key": settings.TIKTOK_CLIENT_KEY, "client_secret": settings.TIKTOK_CLIENT_SECRET}
    return parse_oauth(send("POST", f"/v2/oauth/{endpoint}/", form=client | form))


def _present(answer: Any) -> dict[str, Any]:
    """Return the members that are not null; none of an answer that is no object."""
    return {name: value for name, value in answer.items() if value is not None} if isinstance(answer, dict) else {}
