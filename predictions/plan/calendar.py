"""Cards of a calendar: drafts and posts in local time, each with its forecast, by day of a week or in a list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.urls import reverse
from django.utils import timezone

from posts.models import Post
from predictions.engine import Forecast
from predictions.models import Outcome, Prediction, SavedDraft

DAYS = 7


class Kind(StrEnum):
    """The state of a card."""

    OPEN = "open"
    """A draft without a time."""
    PLANNED = "planned"
    MISSED = "missed"
    """Its time has passed, and no post with its caption was found."""
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class CalendarCard:
    """A draft or a post."""

    kind: Kind
    moment: datetime | None
    """When it is planned, or was published; local. None for a draft without a time."""
    address: str
    """Of its page: the draft's, or the forecast's; of a post that was never forecast on TikTok, empty if unknown."""
    caption: str
    """Empty where the text is not kept."""
    hashtags: list[str]
    forecast: Forecast | Prediction | None
    outcome: Outcome | None
    reminds_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of a week with its cards, in their order."""

    date: date
    is_today: bool
    cards: list[CalendarCard]


def week_of(day: date) -> tuple[datetime, datetime]:
    """Return the local Monday's midnight of the day's week, and that of the next one."""
    monday = day - timedelta(days=day.weekday())
    return _midnight(monday), _midnight(monday + timedelta(days=DAYS))


def cards_of(
    drafts: Iterable[SavedDraft],
    posts: Iterable[Post],
    forecasts: Mapping[int, Forecast],
    now: datetime,
    *,
    is_owner: bool = True,
) -> list[CalendarCard]:
    """Return the cards in the order of their moments; a draft whose post is there has none of its own.

    `forecasts` are those of drafts by their key, as of now; other drafts show their last saved one. Pages of forecasts
    are their owner's: for a member a post leads to TikTok.
    """
    cards = [_draft_card(draft, forecasts.get(draft.pk), now) for draft in drafts if draft.post_id is None]
    cards += [_post_card(post, is_owner) for post in posts]
    return sorted(cards, key=lambda card: (card.moment is None, card.moment or now))


def days_of(start: datetime, cards: Iterable[CalendarCard], now: datetime) -> list[Day]:
    """Return the seven local days from `start` on with their cards."""
    monday, today = timezone.localdate(start), timezone.localdate(now)
    by_day: dict[date, list[CalendarCard]] = {monday + timedelta(days=number): [] for number in range(DAYS)}
    for card in cards:
        if card.moment and (day := timezone.localdate(card.moment)) in by_day:
            by_day[day].append(card)
    return [Day(day, day == today, own) for day, own in by_day.items()]


def _draft_card(draft: SavedDraft, forecast: Forecast | None, now: datetime) -> CalendarCard:
    kind = Kind.OPEN if draft.publish_at is None else Kind.PLANNED if draft.publish_at > now else Kind.MISSED
    return CalendarCard(
        kind=kind,
        moment=draft.publish_at,
        address=reverse("predictions:draft", args=[draft.public_id]),
        caption=draft.caption,
        hashtags=[],
        forecast=forecast or draft.prediction,
        outcome=None,
        reminds_at=draft.remind_at,
    )


def _post_card(post: Post, is_owner: bool) -> CalendarCard:
    outcomes: list[Outcome] = list(post.outcomes.all())
    outcome = outcomes[-1] if outcomes else None
    content = getattr(post, "content", None)
    return CalendarCard(
        kind=Kind.PUBLISHED,
        moment=post.posted_at,
        address=reverse("predictions:forecast", args=[outcome.prediction.public_id])
        if outcome and is_owner
        else post.share_url,
        caption=post.caption,
        hashtags=list(content.hashtags) if content else [],
        forecast=outcome.prediction if outcome else None,
        outcome=outcome,
        reminds_at=None,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
