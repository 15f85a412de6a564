"""The record of a kind of suggestions, and when it is bad enough to be switched off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scipy.special import bdtr

from posts.models import PostContent

MIN_SHOWN = 50
"""Fewer suggestions are never judged by their reports: one angry evening is no pattern."""
MAX_REPORTED = 0.05
"""A larger share that was reported switches off: one in twenty is what a person can get in a week of drafts."""
MIN_REPORTERS = 3
"""People who must have reported it: nobody decides alone what others are told."""
MIN_TRIED = 20
"""Fewer tried ones are never judged by how they turned out."""
MIN_RIGHT = 0.6
"""Share of tried ones after which the post did better than the draft's forecast.

A true effect of 16 per cent gives it at a post's noise of 0.6 (log units), and suggestions promise about that or more;
one that does nothing gives a half."""
SURE = 0.05
"""The share must be below MIN_RIGHT by more than chance: so improbable would it be if it were MIN_RIGHT."""

_NEAR = timedelta(hours=1.5)
_NEAR_RATIO = 1.15
_NEAR_TONE = 0.25


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """Outcomes of the suggestions of one feature."""

    feature: str
    shown: int = 0
    reported: int = 0
    reporters: int = 0
    """People among those who reported."""
    tried: int = 0
    """Posts with a measured first day that have what was suggested."""
    right: int = 0
    """Tried suggestions whose post did better than the forecast of the draft without it."""

    @property
    def fault(self) -> str:
        """Why it has to be switched off, in words; empty for nothing."""
        if self.shown >= MIN_SHOWN and self.reporters >= MIN_REPORTERS and self.reported > MAX_REPORTED * self.shown:
            return f"{self.reported} of {self.shown} were reported as bad, more than {MAX_REPORTED:.0%}"
        if self.tried >= MIN_TRIED and bdtr(self.right, self.tried, MIN_RIGHT) < SURE:
            return f"only {self.right} of {self.tried} that were tried did better than forecast, below {MIN_RIGHT:.0%}"
        return ""


def is_seen(feature: str) -> bool:
    """Return whether a post can show that it has what was suggested. Of covers it cannot: they are not judged."""
    return not feature.startswith("cover_")


def is_tried(told: Mapping[str, Any], content: PostContent, posted_at: datetime, duration_s: int | None) -> bool:
    """Return whether a post has what a suggestion asked for; never of covers (`is_seen`)."""
    changes = told.get("changes", {})
    target = changes.get("measures", {})
    adds: bool = told["action"] == "add"
    match told["feature"]:
        case "post_time":
            moment = changes.get("scheduled_time_utc")
            return moment is not None and abs(posted_at - datetime.fromisoformat(moment)) <= _NEAR
        case "duration":
            wanted = changes.get("duration_s")
            return bool(wanted and duration_s) and _ratio(wanted, duration_s or 0) <= _NEAR_RATIO
        case "caption_length":
            return bool("length" in target and _ratio(target["length"], content.length) <= _NEAR_RATIO)
        case "question":
            return bool(content.questions) == adds
        case "tone":
            wanted, tone = target.get("sentiment"), content.sentiment
            return bool(wanted is not None and tone is not None and abs(tone - wanted) <= _NEAR_TONE)
        case "call_to_action":
            return bool(content.call_to_action) == adds
        case "emoji":
            return bool("emoji" in target and content.emoji == target["emoji"])
        case "hashtags":
            return (str(told["value"]).removeprefix("#") in content.hashtags) == adds
    return False


def _ratio(one: float, other: float) -> float:
    low, high = sorted((one + 1.0, other + 1.0))
    return high / low
