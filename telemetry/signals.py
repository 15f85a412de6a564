"""What other apps may listen to."""

from django.dispatch import Signal

# Sent before the figures are exported: whoever keeps figures in the database sets their gauges now, so that they are
# right in every process, those of gunicorn too, whatever process found them.
metrics_scraped = Signal()

# Sent when /readyz is asked; whoever has a reason to let nobody in answers with a sentence, others with an empty text.
readiness_asked = Signal()
