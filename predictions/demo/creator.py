"""The simulated creator: a year of posts, drawn once with a fixed seed by the rules below.

The rules are this module's own: an evening audience, videos of about 20 seconds, captions that ask something, and one
hashtag that helps and one that harms. The year always ends with the present week, so that it never grows old.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from posts.content.captions import measure_caption
from predictions.demo.captions import ADDED, COMMON_TAGS, LINES, OWN_TAGS, QUESTIONS
from predictions.engine import AccountHistory, Counts, PublishedPost

NAME = "Nora bakes"
CITY = "London"
ZONE = ZoneInfo("Europe/London")

WEEKS = 52
"""Whole weeks of posts before the present one."""
AGES = {timedelta(hours=1): 0.16, timedelta(hours=6): 0.55, timedelta(days=1): 1.0, timedelta(days=7): 1.4}
"""Ages at which a post is counted, and its likes by then as a share of those of its first day."""

_SEED = 20
_DAYS = ((1, 4), (2, 5), (0, 3, 6), (1, 5), (3, 6), (0, 2, 5), (2, 6))
"""Weekdays (Monday 0) of a week's posts, in turn."""
_HOURS = (8, 8, 9, 12, 12, 13, 16, 17, 19, 20, 21)
_SECONDS = (7, 9, 12, 15, 18, 22, 26, 34, 45, 60)
_LEVEL, _GROWTH = math.log(260), 0.7
"""Log likes of a usual post at the year's start, and what the year adds."""
_TAGS = {"sourdough": 0.3, "foryou": -0.3}
_NOISE, _HIT, _HIT_CHANCE = 0.25, 1.1, 0.03
_FOLLOWERS = 3_000


@dataclass(frozen=True, slots=True)
class SimulatedPost:
    """A post as its creator made it, with what was counted of it so far, oldest first."""

    post_id: str
    posted_at: datetime
    text: str
    duration_s: int
    observations: tuple[Counts, ...]

    @property
    def latest(self) -> Counts | None:
        """The newest counts; None within the first hour."""
        return self.observations[-1] if self.observations else None


def true_effect(*, hour: float, weekday: int, seconds: float, asks: bool, tags: tuple[str, ...]) -> float:
    """Return by how much (log units) this audience likes a post for its time, length, question and hashtags.

    >>> at_best = true_effect(hour=19.5, weekday=5, seconds=20, asks=True, tags=("sourdough",))
    >>> at_best > true_effect(hour=8, weekday=1, seconds=60, asks=False, tags=("foryou",)) + 0.9
    True
    """
    evening = 0.28 * math.cos(2 * math.pi * (hour - 19.5) / 24)
    length = -0.25 * math.log2(seconds / 20) ** 2
    return evening + 0.1 * (weekday >= 5) + length + 0.26 * asks + sum(_TAGS.get(tag, 0.0) for tag in tags)


def posts_until(as_of: datetime) -> list[SimulatedPost]:
    """Return the year's posts until `as_of`, oldest first, with what was counted by then."""
    local = as_of.astimezone(ZONE)
    monday = (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    random = Random(_SEED)
    posts: list[SimulatedPost] = []
    for week in range(WEEKS + 1):
        for weekday in _DAYS[week % len(_DAYS)]:
            clock = timedelta(hours=random.choice(_HOURS), minutes=5 * random.randrange(12))
            # by the clock on the wall, so that hours stay when clocks change
            posted_at = (monday + timedelta(days=7 * (week - WEEKS) + weekday) + clock).replace(tzinfo=ZONE)
            post = _draw(random, f"nora-{len(posts) + 1}", posted_at, week, as_of)
            if posted_at <= as_of:
                posts.append(post)
    return posts


def history_of(posts: list[SimulatedPost]) -> AccountHistory:
    """Return the posts as the engine takes them, with the followers of each month; there is at least one post."""
    first = posts[0].posted_at
    followers = tuple(
        (int((first + timedelta(days=days)).timestamp()), float(round(_FOLLOWERS * math.exp(days / 400))))
        for days in range(0, (posts[-1].posted_at - first).days + 1, 30)
    )
    published = tuple(
        PublishedPost(
            post_id=post.post_id,
            posted_at=int(post.posted_at.timestamp()),
            caption=_measure(post.text),
            duration_s=float(post.duration_s),
            sound="",
            cover=None,
            observations=post.observations,
        )
        for post in posts
    )
    return AccountHistory("demo", followers[-1][1], published, followers, zone=ZONE.key)


# captions are the same every day: only the first day measures them
_measure = lru_cache(maxsize=256)(measure_caption)


def _draw(random: Random, post_id: str, posted_at: datetime, week: int, as_of: datetime) -> SimulatedPost:
    """Return a post with drawn content; every post takes the same draws, whatever they bring."""
    topic = random.choice(list(LINES))
    line, question, added = random.choice(LINES[topic]), random.choice(QUESTIONS), random.choice(ADDED)
    asks, is_long = random.random() < 0.4, random.random() < 0.45
    own = [tag for tag in OWN_TAGS[topic] if random.random() < 0.6]
    tags = (*own, *(tag for tag in COMMON_TAGS if random.random() < 0.4))
    seconds = random.choice(_SECONDS)
    noise = random.gauss(0, _NOISE) + _HIT * (random.random() < _HIT_CHANCE)
    wobble = [random.gauss(0, 0.08) for _ in AGES]
    sentences = [f"{line}.", *([added] if is_long else []), *([question] if asks else [])]
    text = " ".join([*sentences, *(f"#{tag}" for tag in tags)])
    effect = true_effect(
        hour=posted_at.hour + posted_at.minute / 60, weekday=posted_at.weekday(), seconds=seconds, asks=asks, tags=tags
    )
    likes = math.exp(_LEVEL + _GROWTH * week / WEEKS + effect + noise)
    return SimulatedPost(post_id, posted_at, text, seconds, _counted(posted_at, likes, wobble, as_of))


def _counted(posted_at: datetime, likes: float, wobble: list[float], as_of: datetime) -> tuple[Counts, ...]:
    """Return the counts made until `as_of`; `likes` are those of the first day."""
    counted: list[Counts] = []
    for (age, share), off in zip(AGES.items(), wobble, strict=True):
        # nothing is known of the first day but its own count
        so_far = likes * share * math.exp(off * (share != 1.0))
        observed_at = int(posted_at.timestamp() + age.total_seconds())
        if observed_at <= as_of.timestamp():
            figures = (round(so_far * part) for part in (1.0, 0.03, 0.012, 11.0))
            counted.append(Counts(observed_at, *map(float, figures)))
    return tuple(counted)
