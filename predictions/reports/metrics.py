"""Prometheus gauges of suggestions, set from the database when scraped: workers check, web processes are scraped."""

import math

from prometheus_client import Gauge

from predictions.models import SuggestionSwitch, VarietyCheck


def _gauge(name: str, text: str) -> Gauge:
    return Gauge(f"postcast_suggestions_{name}", text, multiprocess_mode="mostrecent")


OFF = _gauge("switched_off", "Features that are suggested to nobody")
ALARMS = _gauge("variety_alarms", "Alarms of the latest check of how alike suggestions are across creators")
VARIETY = _gauge("variety", "Effectively different suggestions, in the part of the day with the fewest")
SIMILARITY = _gauge("hashtag_similarity", "Mean Jaccard similarity of two accounts' hashtags as suggested")
CHECKED = _gauge("variety_checked_timestamp_seconds", "Time of the latest check")


def show_suggestions() -> None:
    """Set the gauges."""
    OFF.set(SuggestionSwitch.objects.filter(is_off=True).count())
    check = VarietyCheck.objects.first()
    if check is None:
        return
    ALARMS.set(len(check.alarms))
    VARIETY.set(min(check.varieties.values(), default=math.nan))
    SIMILARITY.set(math.nan if check.similarity is None else check.similarity)
    CHECKED.set(check.checked_at.timestamp())
