"""Figures of privacy for Prometheus."""

from prometheus_client import Gauge

LATE_RULES = Gauge(
    "postcast_retention_late_rules",
    "Rules of retention that have not run well for three hours; anything above 0 is an alarm.",
    multiprocess_mode="mostrecent",
)
