"""Steps on the composer's page: forms that apply a suggestion to the draft, and undo that, as hidden fields.

Texts travel in the body of a request, never in an address. A cover is not kept: its measures travel sealed, and so do
the figures of the forecast before the step, which was not recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from django.core import signing
from django.http import QueryDict
from django.utils import timezone

from posts.content.pictures import DraftCover
from predictions.forecasts.forms import DATETIME_LOCAL
from predictions.models import Prediction
from predictions.suggestions.advice import Changes, ToldAdvice, ToldSuggestion

_SALT = "predictions.forecasts.steps"
_SEALED_SECONDS = 24 * 3600
_DRAFT = ("caption", "publish_at", "duration_s", "within")
COVER, BEFORE, STEP, WRITTEN = "measured_cover", "before", "step", "written"
"""Names of the fields with the cover's measures, with the figures before the step, of what marks a step, and of what
marks one that brings a written caption."""


class Before(TypedDict):
    """The likes that were forecast before a step."""

    typical: float
    low: float
    high: float


Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """A suggestion on a page, with the hidden fields that apply it; None where the creator has to write."""

    told: ToldSuggestion
    apply: Fields | None


def cards_of(advice: ToldAdvice, draft: dict[str, Any], cover: DraftCover | None, prediction: Prediction) -> list[Card]:
    """Return the suggestions with their forms; `draft` is the composer's cleaned data."""
    return [Card(told, apply_fields(told["changes"], draft, cover, prediction)) for told in advice.suggestions]


def apply_fields(
    changes: Changes, draft: dict[str, Any], cover: DraftCover | None, prediction: Prediction
) -> Fields | None:
    """Return the composer's fields after the changes, with those before them; None if nothing of it is concrete."""
    now = {name: _written(draft.get(name)) for name in _DRAFT}
    after = dict(now)
    if "text" in changes:
        after["caption"] = changes["text"]
    if "scheduled_time_utc" in changes:
        after["publish_at"] = _written(datetime.fromisoformat(changes["scheduled_time_utc"]))
    if "duration_s" in changes:
        after["duration_s"] = str(changes["duration_s"])
    if after == now:
        return None
    before = {f"{BEFORE}_{name}": value for name, value in now.items()}
    figures = Before(typical=prediction.typical, low=prediction.low, high=prediction.high)
    return after | before | {COVER: seal_cover(cover), BEFORE: signing.dumps(figures, salt=_SALT), STEP: "1"}


def undo_fields(posted: QueryDict) -> Fields:
    """Return the composer's fields as they were before the step that was posted."""
    return {name: posted.get(f"{BEFORE}_{name}", "") for name in _DRAFT} | {
        COVER: posted.get(COVER, ""),
        STEP: "1",
    }


def before_of(posted: QueryDict) -> Before | None:
    """Return the figures before the step; None without a step, or if they are not ours or too old."""
    try:
        before: Before = signing.loads(posted.get(BEFORE, ""), salt=_SALT, max_age=_SEALED_SECONDS)
    except signing.BadSignature:
        return None
    return before


def cover_of(posted: QueryDict) -> DraftCover | None:
    """Return the cover's measures that a step carries; None without any, or if they are not ours or too old."""
    try:
        return DraftCover.from_json(signing.loads(posted.get(COVER, ""), salt=_SALT, max_age=_SEALED_SECONDS))
    except signing.BadSignature:
        return None


def seal_cover(cover: DraftCover | None) -> str:
    """Return the cover's measures as a field carries them."""
    return signing.dumps(cover.as_json(), salt=_SALT) if cover else ""


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime(DATETIME_LOCAL)
    return "" if value is None else str(value)
