"""An account's habits as differences from its usual post: what it has tried, and on how many posts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posts.content.captions import CaptionMeasures, measure_caption
from posts.content.pictures import CoverMeasures
from predictions.engine.effects.account_effects import AccountEffects
from predictions.engine.effects.design import (
    BLOCKS,
    COVER_COLUMN,
    TIME_WIDTH,
    WIDTH,
    body_length,
    content_design,
    time_design,
)
from predictions.engine.effects.local_time import hours_of, local_seconds, weekdays_of
from predictions.engine.types import DAY, HOUR, Draft, Floats

WEEK = 7 * 24
WINDOW_HOURS = 3
"""Length of a window of publishing times."""

_MONDAY = 4 * DAY
"""Local seconds of a Monday's start: 1970-01-01 was a Thursday."""
_COLUMNS = dict(BLOCKS)
_DURATIONS = (5, 8, 12, 17, 25, 35, 50, 75, 110, 170)  # seconds
_LENGTHS = (0, 10, 20, 35, 50, 70, 100, 140)  # characters without hashtags
_TAG_COUNTS = (0, 1, 2, 3, 4, 5, 8)
_EMOJI = (0, 1, 2, 3)
_TONES = {"positive": 0.5, "neutral": 0.0, "negative": -0.5}
_CLEAR_TONE = 0.05
"""A sentiment nearer to zero is neutral, as in the effects' design."""
_COVER_STEPS = {"brightness": 0.2, "contrast": 0.08, "saturation": 0.2, "colourfulness": 0.1, "sharpness": 0.15}
"""About one standard deviation of each measure over covers."""

Bools = NDArray[np.bool_]


class Section(StrEnum):
    """A group of habits, in the order in which they are shown."""

    WHEN = "when"
    LENGTH = "length"
    HASHTAGS = "hashtags"
    TONE = "tone"
    WORDING = "wording"
    TOPIC = "topic"
    COVER = "cover"


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of posting: `name` and `value` identify it, e.g. `duration` and `12`."""

    section: Section
    name: str
    value: str
    difference: Floats
    """(d,) its columns of the design, less those of the account's usual post."""
    own_posts: int
    """Posts of the account that are like this."""


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of a local week, Monday first: differences from the usual post (WEEK, d), and own posts (WEEK,)."""

    differences: Floats
    own_posts: NDArray[np.int64]


def habits_of(effects: AccountEffects, tag_names: Sequence[str], posts: Sequence[Draft]) -> list[Habit]:
    """Return the habits that some of the posts have and others have not; a habit of all has no contrast.

    `tag_names` are those of the effects' own hashtags.
    """
    habits = [
        *_times(effects, posts),
        *_durations(effects, posts),
        *_hashtags(effects, tag_names, posts),
        *_captions(effects, posts),
        *_covers(effects, posts),
    ]
    return [habit for habit in habits if 0 < habit.own_posts < len(posts)]


def week_of(effects: AccountEffects, posts: Sequence[Draft]) -> Week:
    """Return every hour of a local week."""
    columns = slice(0, TIME_WIDTH)
    hours = time_design(_MONDAY + HOUR * np.arange(WEEK))
    differences = np.stack([_difference(effects, columns, row) for row in hours])
    return Week(differences, np.bincount(_hours_of_week(effects, posts), minlength=WEEK))


def _hours_of_week(effects: AccountEffects, posts: Sequence[Draft]) -> NDArray[np.int64]:
    moments = np.array([post.publish_at for post in posts], dtype=np.int64)
    local = local_seconds(moments, effects.zone, effects.offset)
    hours: NDArray[np.int64] = weekdays_of(local) * 24 + hours_of(local).astype(np.int64)
    return hours


def _difference(effects: AccountEffects, columns: Any, values: Floats) -> Floats:
    """Return (d,): `values` in these columns less the usual post's, and zero elsewhere."""
    difference = np.zeros(WIDTH + len(effects.tags))
    difference[columns] = values - effects.usual[1:][columns]
    return difference


def _designed(effects: AccountEffects, blocks: Sequence[str], **changes: Any) -> Floats:
    """Return the difference of a post whose caption, duration or cover is changed, in the columns of the blocks."""
    duration_s = changes.pop("duration_s", 20.0)
    [row] = content_design([Draft(0, replace(_empty_caption(), **changes), duration_s, "", None)])
    columns = np.concatenate([np.arange(_COLUMNS[block].start, _COLUMNS[block].stop) for block in blocks])
    return _difference(effects, columns, row[columns - TIME_WIDTH])


@cache
def _empty_caption() -> CaptionMeasures:
    # its tone is neutral, whatever language it would be
    return replace(measure_caption(""), sentiment=0.0)


def _times(effects: AccountEffects, posts: Sequence[Draft]) -> Iterator[Habit]:
    week = week_of(effects, posts)
    seen = week.own_posts.reshape(7, 24)
    hours, days = slice(0, _COLUMNS["weekend"].start), slice(_COLUMNS["weekend"].start, TIME_WIDTH)
    # a day's hours differ in the columns of the hour alone, and its days in those of the weekday
    by_hour = np.zeros_like(week.differences[:24])
    by_hour[:, hours] = week.differences[:24, hours]
    by_day = np.zeros_like(week.differences[::24])
    by_day[:, days] = week.differences[::24, days]
    for first in range(0, 24, WINDOW_HOURS):
        span = slice(first, first + WINDOW_HOURS)
        yield Habit(Section.WHEN, "hours", str(first), by_hour[span].mean(axis=0), int(seen[:, span].sum()))
    for day in range(7):
        yield Habit(Section.WHEN, "weekday", str(day), by_day[day], int(seen[day].sum()))
    rolled = np.stack([(np.arange(WINDOW_HOURS) + first) % WEEK for first in range(WEEK)])
    tried = week.own_posts[rolled].sum(axis=1)
    for first in range(WEEK):
        yield Habit(Section.WHEN, "window", str(first), week.differences[rolled[first]].mean(axis=0), int(tried[first]))


def _durations(effects: AccountEffects, posts: Sequence[Draft]) -> Iterator[Habit]:
    own = np.array([post.duration_s for post in posts])
    for seconds, like in _nearest(own, _DURATIONS):
        difference = _designed(effects, ("duration", "duration_smooth"), duration_s=float(seconds))
        yield Habit(Section.LENGTH, "duration", str(seconds), difference, like)


def _hashtags(effects: AccountEffects, tag_names: Sequence[str], posts: Sequence[Draft]) -> Iterator[Habit]:
    for column, tag in enumerate(tag_names, start=WIDTH):
        used = sum(tag in post.caption.hashtags for post in posts)
        yield Habit(Section.HASHTAGS, "hashtag", tag, _difference(effects, [column], np.ones(1)), used)
    counts = np.array([len(post.caption.hashtags) for post in posts])
    for number, like in _nearest(counts, _TAG_COUNTS):
        tags = tuple(f"{place}" for place in range(number))
        difference = _designed(effects, ("hashtags", "hashtags_smooth"), hashtags=tags)
        yield Habit(Section.HASHTAGS, "hashtag_count", str(number), difference, like)


def _captions(effects: AccountEffects, posts: Sequence[Draft]) -> Iterator[Habit]:
    captions = [post.caption for post in posts]
    tones = [caption.sentiment for caption in captions if caption.sentiment is not None]
    for tone, sentiment in _TONES.items():
        like = sum(_tone_of(each) == tone for each in tones)
        yield Habit(Section.TONE, "tone", tone, _designed(effects, ("tone", "tone_sign"), sentiment=sentiment), like)
    for name, measure, block in (
        ("question", "questions", "question"),
        ("call_to_action", "call_to_action", "call_to_action"),
    ):
        with_it = sum(getattr(caption, measure) > 0 for caption in captions)
        for value, count, like in (("yes", 1, with_it), ("no", 0, len(captions) - with_it)):
            yield Habit(Section.WORDING, name, value, _designed(effects, (block,), **{measure: count}), like)
    for number, like in _nearest(np.array([caption.emoji for caption in captions]), _EMOJI):
        difference = _designed(effects, ("emoji", "emoji_count"), emoji=number)
        yield Habit(Section.WORDING, "emoji", str(number), difference, like)
    for characters, like in _nearest(np.array([body_length(caption) for caption in captions]), _LENGTHS):
        difference = _designed(effects, ("length", "length_smooth"), length=characters)
        yield Habit(Section.WORDING, "caption_length", str(characters), difference, like)


def _covers(effects: AccountEffects, posts: Sequence[Draft]) -> Iterator[Habit]:
    covers: list[CoverMeasures] = [post.cover for post in posts if post.cover is not None]
    if not covers:
        return
    for measure, step in _COVER_STEPS.items():
        own = np.array([getattr(cover, measure) for cover in covers], dtype=np.float64)
        middle = float(np.nanmedian(own)) if np.isfinite(own).any() else np.nan
        for value, sign in (("more", 1.0), ("less", -1.0)):
            difference = np.zeros(WIDTH + len(effects.tags))
            difference[COVER_COLUMN[measure]] = sign
            like = int(np.count_nonzero(sign * (own - middle) >= step / 2))
            yield Habit(Section.COVER, f"cover_{measure}", value, difference, like)
    faces = [cover.faces for cover in covers if cover.faces is not None]
    for value, column, like in (
        ("yes", 0.5, sum(each > 0 for each in faces)),
        ("no", -0.5, sum(each == 0 for each in faces)),
    ):
        difference = _difference(effects, [COVER_COLUMN["faces"]], np.array([column]))
        yield Habit(Section.COVER, "cover_faces", value, difference, like)


def _tone_of(sentiment: float) -> str:
    if abs(sentiment) < _CLEAR_TONE:
        return "neutral"
    return "positive" if sentiment > 0 else "negative"


def _nearest(own: NDArray[Any], values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each value with how many of `own` (n,) it is the nearest of, by log(1 + value); NaN is near none."""
    known = own[np.isfinite(own.astype(np.float64))].astype(np.float64)
    nearest = np.abs(np.log1p(known)[:, None] - np.log1p(values)).argmin(axis=1)
    yield from zip(values, np.bincount(nearest, minlength=len(values)).tolist(), strict=True)
