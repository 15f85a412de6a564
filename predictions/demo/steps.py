"""Steps on the demo's draft: hidden fields that apply a suggestion and undo it. Texts never stand in an address."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from predictions.forecasts.forms import DATETIME_LOCAL
from predictions.forecasts.steps import BEFORE, Card, Fields
from predictions.suggestions.advice import Changes, ToldAdvice

_DRAFT = ("caption", "publish_at", "duration_s")


def cards_of(advice: ToldAdvice, draft: dict[str, Any]) -> list[Card]:
    """Return the suggestions with the fields that apply them; `draft` is the form's cleaned data."""
    return [Card(told, apply_fields(told["changes"], draft)) for told in advice.suggestions]


def apply_fields(changes: Changes, draft: dict[str, Any]) -> Fields | None:
    """Return the form's fields after the changes, and those before them; None where the words are the creator's."""
    now = {name: _written(draft[name]) for name in _DRAFT}
    after = dict(now)
    if "text" in changes:
        after["caption"] = changes["text"]
    if "scheduled_time_utc" in changes:
        after["publish_at"] = _written(datetime.fromisoformat(changes["scheduled_time_utc"]))
    if "duration_s" in changes:
        after["duration_s"] = str(changes["duration_s"])
    return None if after == now else after | {f"{BEFORE}_{name}": value for name, value in now.items()}


def undo_fields(posted: QueryDict) -> Fields | None:
    """Return the form's fields as they were before the step that was posted; None if it was no step."""
    if f"{BEFORE}_publish_at" not in posted:
        return None
    return {name: posted.get(f"{BEFORE}_{name}", "") for name in _DRAFT}


def _written(value: object) -> str:
    """Return a cleaned value as the form takes it; times as the clock of the page's zone shows them."""
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime(DATETIME_LOCAL)
    return "" if value is None else str(value)
