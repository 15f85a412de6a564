"""Figures for monitoring: erasures that are not done."""

from collections.abc import Iterable

from django.db.models import Count, Min
from django.utils import timezone

from privacy.models import Erasure
from telemetry.metrics.figures import Figure, figures_of


@figures_of("erasures")
def erasures() -> Iterable[Figure]:
    """Yield how many erasures should have begun and are not done, and since when the first of them should have."""
    now = timezone.now()
    due = Erasure.objects.filter(state__in=Erasure.ACTIVE, due_at__lte=now).aggregate(
        count=Count("pk"), first=Min("due_at")
    )
    late = (now - due["first"]).total_seconds() if due["first"] else 0.0
    yield Figure("postcast_erasures_due", "Erasures that are due and not done.", due["count"])
    yield Figure("postcast_erasure_lag_seconds", "Seconds since the oldest of them was due.", late)
