"""The words of a notice, in the language of whoever reads them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.linked.local_time import zone_of
from accounts.models import Notice

KIND_WORDS: dict[str, Promise] = {
    Notice.Kind.RESULT: _("A result is in"),
    Notice.Kind.FAR_OFF: _("A post is far off its forecast"),
    Notice.Kind.REMINDER: _("Time to post"),
    Notice.Kind.COMMENT: _("New comments on a draft"),
    Notice.Kind.SEAT_TAKEN: _("An invitation was accepted"),
    Notice.Kind.CONNECTION_LOST: _("A connection is lost"),
    Notice.Kind.EXPORT_READY: _("Your copy is ready"),
    Notice.Kind.WEEKLY_REPORT: _("Your week"),
    Notice.Kind.WEBHOOK_OFF: _("A webhook was switched off"),
    Notice.Kind.APPEAL: _("Staff answered you"),
}
"""The title of each kind, which also names it where a person chooses kinds."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a notice: a title of a few words, and one or two sentences."""

    title: str
    text: str


def words_of(notice: Notice) -> Words:
    """Return the words of the notice, with its moments in the time of its account."""
    return Words(str(KIND_WORDS[notice.kind]), _TEXTS[notice.kind](notice))


def _result(notice: Notice) -> str:
    told: Mapping[str, Any] = notice.params
    likes = told["likes"]
    if likes > told["high"]:
        text = ngettext(
            "Your post of %(day)s got %(likes)s like in 24 hours, more than the likely %(range)s.",
            "Your post of %(day)s got %(likes)s likes in 24 hours, more than the likely %(range)s.",
            likes,
        )
    elif likes < told["low"]:
        text = ngettext(
            "Your post of %(day)s got %(likes)s like in 24 hours, fewer than the likely %(range)s.",
            "Your post of %(day)s got %(likes)s likes in 24 hours, fewer than the likely %(range)s.",
            likes,
        )
    else:
        text = ngettext(
            "Your post of %(day)s got %(likes)s like in 24 hours, inside the likely %(range)s.",
            "Your post of %(day)s got %(likes)s likes in 24 hours, inside the likely %(range)s.",
            likes,
        )
    return text % {"day": _day(notice, "posted_at"), "likes": _number(likes), "range": _range(told)}


def _far_off(notice: Notice) -> str:
    told: Mapping[str, Any] = notice.params
    text = ngettext(
        "After %(hours)s hour your post of %(day)s has %(likes)s likes. Likely %(range)s by 24 hours; the forecast "
        "was %(forecast)s.",
        "After %(hours)s hours your post of %(day)s has %(likes)s likes. Likely %(range)s by 24 hours; the forecast "
        "was %(forecast)s.",
        told["hours"],
    )
    return text % {
        "hours": _number(told["hours"]),
        "day": _day(notice, "posted_at"),
        "likes": _number(told["likes"]),
        "range": _range(told),
        "forecast": f"{_number(told['forecast_low'])}–{_number(told['forecast_high'])}",
    }


def _reminder(notice: Notice) -> str:
    if notice.params.get("publish_at"):
        return gettext("Your draft is planned for %(moment)s.") % {"moment": _moment(notice, "publish_at")}
    return gettext("You asked to be reminded of your draft.")


def _comment(notice: Notice) -> str:
    return ngettext(
        "%(count)s new comment since you looked.", "%(count)s new comments since you looked.", notice.params["count"]
    ) % {"count": notice.params["count"]}


def _seat_taken(notice: Notice) -> str:
    return ngettext(
        "%(count)s person whom you invited now sees your account. You can see who, and remove them.",
        "%(count)s people whom you invited now see your account. You can see who, and remove them.",
        notice.params["count"],
    ) % {"count": notice.params["count"]}


def _connection_lost(notice: Notice) -> str:
    return gettext("Postcast can no longer read this account. Connect it again to see new posts and results.")


def _export_ready(notice: Notice) -> str:
    return gettext("The copy of your data that you asked for is ready. You can download it for seven days.")


def _weekly_report(notice: Notice) -> str:
    told: Mapping[str, Any] = notice.params
    posts = ngettext("%(count)s post", "%(count)s posts", told["posts"]) % {"count": told["posts"]}
    results = ngettext("%(count)s result", "%(count)s results", told["results"]) % {"count": told["results"]}
    planned = ngettext("%(count)s draft planned", "%(count)s drafts planned", told["planned"]) % {
        "count": told["planned"]
    }
    if not told["results"]:
        return gettext("Last week: %(posts)s. This week: %(planned)s.") % {"posts": posts, "planned": planned}
    return gettext("Last week: %(posts)s and %(results)s, %(inside)s inside the range. This week: %(planned)s.") % {
        "posts": posts,
        "results": results,
        "inside": told["inside"],
        "planned": planned,
    }


def _webhook_off(notice: Notice) -> str:
    return gettext(
        "Your program did not take several messages in a row, so nothing more is sent to it. See its log, then switch "
        "it on again."
    )


_APPEAL_REASONS: Mapping[str, Promise] = {
    "other_meaning": _("The word means something else there."),
    "quotation": _("It is a name or a quotation."),
    "hurts": _("It can hurt people as it is written."),
    "platform": _("TikTok’s rules do not allow it."),
}
"""Reasons of `predictions.CaptionAppeal`."""


def _appeal(notice: Notice) -> str:
    told: Mapping[str, Any] = notice.params
    if told["allowed"]:
        text = gettext("The brief that you asked about on %(day)s may be used now. %(reason)s")
    else:
        text = gettext("The brief that you asked about on %(day)s stays held back. %(reason)s")
    return text % {"day": _day(notice, "asked_at"), "reason": _APPEAL_REASONS[told["reason"]]}


_TEXTS: dict[str, Callable[[Notice], str]] = {
    Notice.Kind.RESULT: _result,
    Notice.Kind.FAR_OFF: _far_off,
    Notice.Kind.REMINDER: _reminder,
    Notice.Kind.COMMENT: _comment,
    Notice.Kind.SEAT_TAKEN: _seat_taken,
    Notice.Kind.CONNECTION_LOST: _connection_lost,
    Notice.Kind.EXPORT_READY: _export_ready,
    Notice.Kind.WEEKLY_REPORT: _weekly_report,
    Notice.Kind.WEBHOOK_OFF: _webhook_off,
    Notice.Kind.APPEAL: _appeal,
}


def _number(value: float) -> str:
    return number_format(round(value), force_grouping=True)


def _range(told: Mapping[str, Any]) -> str:
    return f"{_number(told['low'])}–{_number(told['high'])}"


def _local(notice: Notice, name: str) -> datetime:
    moment = datetime.fromisoformat(notice.params[name])
    return timezone.localtime(moment, zone_of(notice.account) if notice.account else None)


def _day(notice: Notice, name: str) -> str:
    return date_format(_local(notice, name), "j M")


def _moment(notice: Notice, name: str) -> str:
    return date_format(_local(notice, name), "j M, H:i")
