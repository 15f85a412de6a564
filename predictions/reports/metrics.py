"""Prometheus gauges of suggestions, set from the database when scraped: workers check, web processes are scraped."""

import math

from prometheus_client import Gauge

from predictions.models import SuggestionSwitch, VarietyCheck
from predictions.reports.records import is_seen


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(f"postcast_suggestions_{name}", text, labels, multiprocess_mode="mostrecent")


GIVEN = _gauge("given", "Suggestions of the last 180 days by kind, as counted each day", ("feature",))
APPLIED = _gauge("applied", "Posts with a known first day that have what was suggested of their draft", ("feature",))
BETTER = _gauge("applied_better", "Those of them that did better than their draft's forecast", ("feature",))


OFF = _gauge("switched_off", "Features that are suggested to nobody")
ALARMS = _gauge("variety_alarms", "Alarms of the latest check of how alike suggestions are across creators")
VARIETY = _gauge("variety", "Effectively different suggestions, in the part of the day with the fewest")
SIMILARITY = _gauge("hashtag_similarity", "Mean Jaccard similarity of two accounts' hashtags as suggested")
CHECKED = _gauge("variety_checked_timestamp_seconds", "Time of the latest check")


def show_suggestions() -> None:
    """Set the gauges."""
    switches = SuggestionSwitch.objects.all()
    OFF.set(sum(switch.is_off for switch in switches))
    for switch in switches:
        GIVEN.labels(switch.feature).set(switch.figures.get("shown", 0))
        # a cover that cannot be seen is no cover that was left as it was
        if is_seen(switch.feature):
            APPLIED.labels(switch.feature).set(switch.figures.get("tried", 0))
            BETTER.labels(switch.feature).set(switch.figures.get("right", 0))
    check = VarietyCheck.objects.first()
    if check is None:
        return
    ALARMS.set(len(check.alarms))
    VARIETY.set(min(check.varieties.values(), default=math.nan))
    SIMILARITY.set(math.nan if check.similarity is None else check.similarity)
    CHECKED.set(check.checked_at.timestamp())
