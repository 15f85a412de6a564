"""Every way in which a sign-in ends without one, in words: what happened, what it means, and what to do.

TikTok's own `error` and `error_description` are never shown: the table says what a known one means.
"""

from dataclasses import dataclass
from enum import StrEnum

import structlog
from allauth.socialaccount.providers.base import ProviderException
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.tiktok.errors import GrantRefused, TikTokError, TikTokRateLimited

log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """Why a sign-in failed, as the log names it."""

    DECLINED = "declined"
    BASIC_DECLINED = "basic_declined"
    SETTINGS = "settings"
    SCOPE = "scope"
    TIKTOK_TROUBLE = "tiktok_trouble"
    TIKTOK_BUSY = "tiktok_busy"
    CODE_REFUSED = "code_refused"
    ANSWER_LOST = "answer_lost"
    NOT_BEGUN_HERE = "not_begun_here"
    TOO_OLD = "too_old"
    USED = "used"
    OTHER_PERSON = "other_person"
    BUSY = "busy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The heading and the sentences of a failure; `again` says whether trying again at once can help."""

    heading: Promise
    words: Promise
    again: bool = True


EXPLANATIONS = {
    Kind.DECLINED: Explanation(
        _("You were not signed in"),
        _(
            "You did not give Postcast access on TikTok's page. Nothing was changed. If that was a mistake, try "
            "again: you can allow some things and decline others."
        ),
    ),
    Kind.BASIC_DECLINED: Explanation(
        _("TikTok did not say who you are"),
        _(
            "Postcast cannot know who you are without the basic profile information, which you declined on TikTok. "
            "Nothing was changed. Please try again and leave that switched on."
        ),
    ),
    Kind.SETTINGS: Explanation(
        _("Postcast is not set up rightly at TikTok"),
        _(
            "TikTok did not accept Postcast's own request: the settings of its app there do not fit (its key, its "
            "secret, or the address that TikTok sends you back to). Nothing was changed. Trying again will not help:"
            " whoever runs this Postcast has to correct them, and finds this in its log."
        ),
        again=False,
    ),
    Kind.SCOPE: Explanation(
        _("Postcast is not set up rightly at TikTok"),
        _(
            "TikTok does not let Postcast's app ask for what it needs (your profile, counts and videos): a "
            "permission is missing in the app's settings there. Nothing was changed. Trying again will not help: "
            "whoever runs this Postcast has to add it, and finds this in its log."
        ),
        again=False,
    ),
    Kind.TIKTOK_TROUBLE: Explanation(
        _("TikTok did not answer"),
        _(
            "TikTok did not answer as it should: it is in trouble itself, or the way to it is. Nothing was changed. "
            "Please try again. If that keeps failing after a minute, try later: your posts and forecasts here stay "
            "as they are."
        ),
    ),
    Kind.TIKTOK_BUSY: Explanation(
        _("TikTok is busy"),
        _(
            "TikTok takes no more requests from Postcast for a moment. Nothing was changed. "
            "Please try again in a minute."
        ),
    ),
    Kind.CODE_REFUSED: Explanation(
        _("TikTok did not accept this sign-in"),
        _(
            "TikTok refused the sign-in that it had just confirmed: it can be used once and for a short time only. "
            "Nothing was changed. Please try again."
        ),
    ),
    Kind.ANSWER_LOST: Explanation(
        _("TikTok's answer was lost"),
        _(
            "Postcast asked TikTok to let you in, and the answer did not arrive in time. What TikTok confirmed can "
            "be used only once, so this cannot go on. Nothing was changed. Please start again."
        ),
    ),
    Kind.NOT_BEGUN_HERE: Explanation(
        _("This sign-in was not begun here"),
        _(
            "This sign-in was begun in another browser, or your browser does not keep Postcast's cookies. Nothing "
            "was changed. Please try again in this browser, with cookies switched on."
        ),
    ),
    Kind.TOO_OLD: Explanation(
        _("That took too long"),
        _(
            "This sign-in was begun more than ten minutes ago, and ends by then for your safety. Nothing was "
            "changed. Please try again."
        ),
    ),
    Kind.USED: Explanation(
        _("This sign-in was used already"),
        _("This address from TikTok works once, and was opened before. Nothing was changed. Please try again."),
    ),
    Kind.OTHER_PERSON: Explanation(
        _("You are signed in as somebody else now"),
        _(
            "Connecting this TikTok account was begun by a person who is no longer signed in here. Nothing was "
            "changed. Sign in, and connect it again in the settings."
        ),
    ),
    Kind.BUSY: Explanation(
        _("Postcast is too busy"),
        _(
            "Postcast could not ask TikTok to let you in within half a minute: too much waits to be done, or a part "
            "of it is down. Nothing was changed. Please try again in a minute."
        ),
    ),
    Kind.UNKNOWN: Explanation(
        _("TikTok did not complete the sign-in"),
        _(
            "TikTok sent you back without letting you in, and gave no reason that Postcast knows. Nothing was "
            "changed. Please try again. If it keeps happening, tell whoever runs this Postcast: its log says what "
            "TikTok answered."
        ),
    ),
}

OAUTH_ERRORS = {
    "access_denied": Kind.DECLINED,
    "invalid_scope": Kind.SCOPE,
    "scope_not_authorized": Kind.SCOPE,
    "scope_permission_missed": Kind.SCOPE,
    "invalid_request": Kind.SETTINGS,
    "invalid_client": Kind.SETTINGS,
    "unauthorized_client": Kind.SETTINGS,
    "unsupported_response_type": Kind.SETTINGS,
    "unsupported_grant_type": Kind.SETTINGS,
    "invalid_params": Kind.SETTINGS,
    "invalid_grant": Kind.CODE_REFUSED,
    "server_error": Kind.TIKTOK_TROUBLE,
    "internal_error": Kind.TIKTOK_TROUBLE,
    "temporarily_unavailable": Kind.TIKTOK_TROUBLE,
    "rate_limit_exceeded": Kind.TIKTOK_BUSY,
}
"""TikTok's errors, on the way back from its page or as the answer to the exchange (RFC 6749, 4.1.2.1 and 5.2)."""


class SignInFailed(ProviderException):  # type: ignore[misc]
    """Raised, or handed to allauth, to end a sign-in."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(str(EXPLANATIONS[kind].words))
        self.kind = kind


def kind_of_error(code: str) -> Kind:
    """Return the kind of TikTok's `error`, and log which it is: whoever runs Postcast needs to know."""
    kind = OAUTH_ERRORS.get(code, Kind.UNKNOWN)
    # what a browser brings is anybody's: an unknown one is cut
    log.warning("sign_in_error", error=code[:64], known=kind is not Kind.UNKNOWN)
    return kind


def kind_of_exchange(error: TikTokError) -> Kind:
    """Return the kind of failure of the exchange of a code."""
    if isinstance(error, TikTokRateLimited):
        return Kind.TIKTOK_BUSY
    if error.retryable:
        return Kind.TIKTOK_TROUBLE
    if isinstance(error, GrantRefused):
        return Kind.CODE_REFUSED
    return kind_of_error(error.code)
