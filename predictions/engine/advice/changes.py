"""Changes to a draft that its creator controls: one at a time, valid, and like what the account has done before."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posts.content.hashtag_rule import distinct_hashtags
from posts.content.pictures import CoverMeasures
from posts.content.rewriting import is_disclosure, with_hashtag, without_hashtag
from predictions.engine.data.history import CONTENT, History, hash_of
from predictions.engine.effects.design import COVER_COLUMN, body_length, tag_characters
from predictions.engine.effects.local_time import hours_of, local_seconds
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.statistics import quantiles
from predictions.engine.types import HOUR, Draft, Floats

MAX_WINDOW = 14 * 24 * HOUR
"""A window of publishing times is cut to so many seconds."""

_DURATIONS = (5, 8, 12, 17, 25, 35, 50, 75, 110, 170)  # seconds
_LENGTHS = (10, 20, 35, 50, 70, 100, 140, 200, 280)  # characters without hashtags
_EMOJI = (0, 1, 2, 3)
# anger pays on some accounts: it is never advised
_TONES = {"positive": 0.5, "neutral": 0.0}
_CLEAR_TONE = 0.05
"""A sentiment nearer to zero is neutral (Hutto and Gilbert, "VADER", ICWSM 2014), as in the effects' design."""
_COVER_STEP = {"brightness": 0.15, "contrast": 0.08, "saturation": 0.15, "colourfulness": 0.1, "sharpness": 0.1}
_TAG_CHARACTERS = 9
"""About what a hashtag takes of a caption, with its # and a space."""
_CROP_LOSS = 0.15
"""Less of a cover that is cut off is not worth a word."""
_RARE = 0.1
"""A share of covers below which the account has hardly tried."""
_USUAL = (0.1, 0.9)
"""Quantiles of the account's own values between which a suggested one lies."""
_MIN_KNOWN = 5
"""With fewer known values of its own, an account gets no other value suggested."""
_LARGEST_STEP = 3.0
"""A suggested length is at most so many times as long or as short as the draft's."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `feature` becomes `value`; `target` is the number, moment or hashtag behind the value's words."""

    feature: str
    action: str
    value: str
    target: float | str

    def apply(self, draft: Draft, text: str) -> tuple[Draft, str]:
        """Return the draft and its text (with hashtags inline) after the change."""
        caption = draft.caption
        match self.feature:
            case "post_time":
                return replace(draft, publish_at=int(self.target)), text
            case "duration":
                return replace(draft, duration_s=float(self.target)), text
            case "caption_length":
                return replace(draft, caption=replace(caption, length=int(self.target))), text
            case "question":
                return replace(draft, caption=replace(caption, questions=int(self.target))), text
            case "call_to_action":
                return replace(draft, caption=replace(caption, call_to_action=int(self.target))), text
            case "tone":
                return replace(draft, caption=replace(caption, sentiment=float(self.target))), text
            case "emoji":
                return replace(draft, caption=replace(caption, emoji=int(self.target))), text
            case "hashtags":
                return self._with_tags(draft, text)
            case _:
                measure = self.feature.removeprefix("cover_")
                measures: dict[str, Any] = {measure: self.target}
                return replace(draft, cover=replace(draft.cover, **measures) if draft.cover else None), text

    def _with_tags(self, draft: Draft, text: str) -> tuple[Draft, str]:
        caption, tag = draft.caption, str(self.target)
        if self.action == "add":
            tags, text, step = (*caption.hashtags, tag), with_hashtag(text, tag), tag_characters([tag])
        else:
            tags = tuple(other for other in caption.hashtags if other != tag)
            text, step = without_hashtag(text, tag), -tag_characters([tag])
        return replace(draft, caption=replace(caption, hashtags=tags, length=max(caption.length + step, 0))), text

    @property
    def measures(self) -> Mapping[str, float]:
        """The target as a measure of the caption, where the words are left to the creator."""
        names = {
            "caption_length": "length", "question": "questions", "tone": "sentiment", "emoji": "emoji",
            "call_to_action": "call_to_action",
        }  # fmt: skip
        if self.feature in names:
            return {names[self.feature]: float(self.target)}
        return {self.feature: float(self.target)} if self.feature.startswith("cover_") else {}

    def conflicts(self, other: "Change") -> bool:
        """Return whether both cannot be done: only different hashtags can be changed at once."""
        if self.feature != other.feature:
            return False
        return self.feature != "hashtags" or self.target == other.target


def possible_changes(
    account: LearnedAccount, draft: Draft, text: str, *, window: tuple[int, int], max_hashtags: int
) -> Iterator[Change]:
    """Yield all single changes: valid values only, and of lengths only those that the account is used to.

    `text` is the whole caption, `window` are the first and last moment (epoch seconds) that the creator may publish at.
    """
    numbers = account.history.numbers
    yield from _times(account, draft, window)
    if math.isfinite(draft.duration_s):
        durations = np.expm1(numbers[:, CONTENT.index("duration")])
        for seconds in _within(_DURATIONS, durations, max(draft.duration_s, 1.0)):
            yield Change("duration", "set_to", f"{seconds:g} s", seconds)
    caption = draft.caption
    tags = tag_characters(caption.hashtags)
    # a history has no lengths without hashtags
    lengths = np.expm1(numbers[:, CONTENT.index("length")]) - _TAG_CHARACTERS * np.expm1(
        numbers[:, CONTENT.index("hashtags")]
    )
    for characters in _within(_LENGTHS, lengths, max(body_length(caption), 1)):
        yield Change("caption_length", "set_to", f"about {characters:g} characters", characters + tags)
    if caption.questions:
        yield Change("question", "remove", "no question", 0)
    else:
        yield Change("question", "add", "a question", 1)
    if caption.call_to_action:
        yield Change("call_to_action", "remove", "no call to action", 0)
    else:
        yield Change("call_to_action", "add", "a call to action", 1)
    if caption.sentiment is not None:
        current = _tone_of(caption.sentiment)
        yield from (Change("tone", "set_to", words, tone) for words, tone in _TONES.items() if words != current)
    for count in _EMOJI:
        if count != caption.emoji:
            yield Change("emoji", "set_to", f"{count} emoji" if count else "no emoji", count)
    yield from _hashtags(account, draft, text, max_hashtags)
    if draft.cover:
        yield from _covers(account, draft.cover)


def own_posts_like(account: LearnedAccount, history: History, change: Change) -> int:
    """Return how many posts of the history have what the change brings."""
    return int(np.count_nonzero(_alike(account, history, change)))


def _times(account: LearnedAccount, draft: Draft, window: tuple[int, int]) -> Iterator[Change]:
    """Yield the whole local hours of the window."""
    first, last = window[0], min(window[1], window[0] + MAX_WINDOW)
    moments = np.arange(first - first % 900, last + 1, 900)
    local = local_seconds(moments, account.effects.zone, account.effects.offset)
    whole = moments[(moments >= first) & (local % HOUR == 0)]
    for moment, written in zip(whole.tolist(), np.datetime_as_string(whole.astype("datetime64[s]")), strict=True):
        if moment != draft.publish_at:
            yield Change("post_time", "move_to", f"{written}Z", moment)


def _tone_of(sentiment: float) -> str:
    if abs(sentiment) < _CLEAR_TONE:
        return "neutral"
    return "positive" if sentiment > 0 else "negative"


def _within(values: tuple[float, ...], own: Floats, current: float | None) -> list[float]:
    """Return the values that the account is used to, and that are another length than the current one but near it."""
    own = own[np.isfinite(own)]
    if len(own) < _MIN_KNOWN:
        return []
    low, high = quantiles(own, _USUAL)
    return [
        value
        for value in values
        if low <= value <= high
        and (current is None or 1.1 <= max(value / current, current / value) <= _LARGEST_STEP)
    ]  # fmt: skip


def _covers(account: LearnedAccount, cover: CoverMeasures) -> Iterator[Change]:
    for measure, size in _COVER_STEP.items():
        own = account.history.numbers[:, CONTENT.index(measure)]
        value = getattr(cover, measure)
        for action, step in (("raise", size), ("lower", -size)):
            for target in _within((value + step,), own, None):
                yield Change(f"cover_{measure}", action, f"{target:.2f}", target)
    if cover.crop_loss is not None and cover.crop_loss > _CROP_LOSS:
        yield Change("cover_crop_loss", "lower", "9:16, so that nothing is cut off", 0.0)
    with_face = account.effects.usual[1 + COVER_COLUMN["faces"]] + 0.5
    if cover.faces is not None and _RARE < with_face < 1 - _RARE:
        if cover.faces:
            yield Change("cover_faces", "remove", "no face", 0)
        else:
            yield Change("cover_faces", "add", "a face", 1)


def _hashtags(account: LearnedAccount, draft: Draft, text: str, max_hashtags: int) -> Iterator[Change]:
    caption = draft.caption
    # those behind the part that is measured are there as well
    present = distinct_hashtags(text, caption.hashtags)
    # an advertisement is a fact: no advice adds or removes what says so
    if len(present) < max_hashtags:
        for tag in account.tag_names:
            if tag not in present and not is_disclosure(tag):
                yield Change("hashtags", "add", f"#{tag}", tag)
    # a caption of hashtags alone keeps them
    if caption.words:
        for tag in caption.hashtags:
            if not is_disclosure(tag):
                yield Change("hashtags", "remove", f"#{tag}", tag)


def _alike(account: LearnedAccount, history: History, change: Change) -> NDArray[np.bool_]:
    def column(name: str) -> Floats:
        return history.numbers[:, CONTENT.index(name)]

    target = change.target
    match change.feature:
        case "post_time":
            zone = (account.effects.zone, account.effects.offset)
            hour = hours_of(local_seconds(np.array([int(target)]), *zone))
            apart = np.abs(hours_of(local_seconds(history.posted_at, *zone)) - hour)
            alike = np.minimum(apart, 24 - apart) <= 1.5
        case "duration":
            alike = np.abs(column("duration") - math.log1p(float(target))) <= 0.25
        case "caption_length":
            alike = np.abs(column("length") - math.log1p(float(target))) <= 0.25
        case "question":
            alike = (column("questions") > 0) == (float(target) > 0)
        case "call_to_action" | "cover_crop_loss" | "cover_faces":
            # a history does not keep them: the effects know, from posts that are no longer told apart
            alike = np.zeros(len(history), dtype=np.bool_)
        case "tone":
            alike = np.abs(column("sentiment") - float(target)) <= 0.25
        case "emoji":
            alike = np.rint(np.expm1(column("emoji"))) == float(target)
        case "hashtags":
            used = (history.tags == np.uint64(hash_of(str(target)))).any(axis=1)
            alike = used if change.action == "add" else ~used
        case _:
            alike = np.abs(column(change.feature.removeprefix("cover_")) - float(target)) <= 0.1
    return np.asarray(alike, dtype=np.bool_)
