"""Alerts beside those of service levels: faults that need a person before they cost a level its budget."""

from dataclasses import dataclass

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition in PromQL that must hold for a time; `severity` is "page" (now) or "ticket" (in working hours)."""

    name: str
    expression: str
    lasting: str
    severity: str
    summary: str


ALERTS = (
    Alert(
        "ServiceDown",
        'absent(up{job="postcast"} == 1)',
        "2m",
        "page",
        "No web server answers Prometheus.",
    ),
    Alert(
        "BeatSilent",
        "time() - max(postcast_beat_heartbeat_timestamp_seconds) > 120",
        "2m",
        "page",
        "Nothing that beat starts every five seconds has run for two minutes: beat, worker-soon or Redis is away.",
    ),
    Alert(
        "BreakerOpen",
        "sum by (host) (increase(postcast_breaker_opened_total[15m])) >= 5",
        "5m",
        "ticket",
        "{{ $labels.host }} fails, and has been left alone again and again for a quarter of an hour.",
    ),
    Alert(
        "PeopleWaitForWorkers",
        'max(postcast_queue_oldest_seconds{queue="interactive"}) > 60',
        "2m",
        "page",
        "A message in the queue `interactive`, for which somebody waits, is older than a minute.",
    ),
    Alert(
        "QueueWaits",
        'max by (queue) (postcast_queue_oldest_seconds{queue!="interactive"}) > 600',
        "10m",
        "ticket",
        "A message in the queue {{ $labels.queue }} is older than ten minutes.",
    ),
    Alert(
        "TasksFailed",
        "max(postcast_failed_tasks) > 0",
        "5m",
        "ticket",
        "{{ $value }} tasks failed three times and wait for staff.",
    ),
    Alert(
        "OutboxWaits",
        "max(postcast_outbox_oldest_seconds) > 60",
        "2m",
        "page",
        "A message to a worker has not been sent for a minute.",
    ),
    Alert(
        "RetentionLate",
        "max(postcast_retention_late_rules) > 0",
        "15m",
        "ticket",
        "{{ $value }} rules of retention have not run well for three hours.",
    ),
    Alert(
        "TrailUnanchored",
        f"time() - max(postcast_trail_anchored_timestamp_seconds) > {3 * HOUR_S}",
        "5m",
        "ticket",
        "The head of the access trail has not been written down for three hours.",
    ),
    Alert(
        "DiskFills",
        "min(postcast_kept_free_ratio) < 0.1",
        "15m",
        "page",
        "The volume of the ledger of erasures has less than a tenth of its space left.",
    ),
    Alert(
        "DriftUnchecked",
        f"time() - max(postcast_drift_checked_timestamp_seconds) > {2 * HOUR_S}",
        "5m",
        "ticket",
        "Drift has not been checked for two hours.",
    ),
    Alert(
        "DriftOpen",
        "max(postcast_drift_open_alarms) > 0",
        "1h",
        "ticket",
        "Forecasts miss in another way than they used to.",
    ),
    Alert(
        "SuggestionsOff",
        "max(postcast_suggestions_switched_off) > 0",
        "15m",
        "ticket",
        "{{ $value }} features are suggested to nobody.",
    ),
    Alert(
        "SuggestionsAlike",
        "max(postcast_suggestions_variety_alarms) > 0",
        "1h",
        "ticket",
        "Suggestions are too alike across creators.",
    ),
    Alert(
        "BudgetSpent",
        "max(postcast_cost_today_dollars) > max(postcast_cost_budget_dollars)",
        "5m",
        "ticket",
        "Today's estimated cost is above DAILY_BUDGET_USD.",
    ),
)
