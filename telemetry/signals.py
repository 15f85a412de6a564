"""Signals that other apps may receive."""

from django.dispatch import Signal

# Sent before metrics are exported: receivers set gauges from figures in the database, so that every process exports the
# same, whichever process computed them.
metrics_scraped = Signal()

# Sent when /readyz is asked: a receiver returns why no request may be served, or an empty text.
readiness_asked = Signal()

# Sent when today's cost is estimated, with `since`: a receiver returns {kind of work: how many since then}. The kinds
# are those of `telemetry.costs.today`.
work_counted = Signal()
