"""Figures of privacy for Prometheus."""

from prometheus_client import Gauge

LATE_RULES = Gauge(
    "postcast_retention_late_rules",
    "Rules of retention that have not run well for three hours; anything above 0 is an alarm.",
    multiprocess_mode="mostrecent",
)

ANCHORED = Gauge(
    "postcast_trail_anchored_timestamp_seconds",
    "When the access trail's head was last written down outside of the database; older than three hours is an alarm.",
    multiprocess_mode="mostrecent",
)
