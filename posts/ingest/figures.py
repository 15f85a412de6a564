"""Figures for monitoring: observations that are due, refreshes by state, TikTok's calls that are left."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from posts.ingest.selectors import WINDOWS, posts_to_observe
from posts.models import Refresh
from posts.platforms.tiktok.limits import calls_left
from telemetry.metrics.figures import Figure, figures_of


@figures_of("observations")
def observations() -> Iterable[Figure]:
    """Yield, for each age, how many posts wait to be observed and how late the latest of them is."""
    now = timezone.now()
    for age_h in WINDOWS:
        due = posts_to_observe(age_h, now).aggregate(posts=Count("pk"), oldest=Min("posted_at"))
        late = (now - due["oldest"] - timedelta(hours=age_h)).total_seconds() if due["oldest"] else 0.0
        labels = {"age_h": str(age_h)}
        yield Figure("postcast_observations_due", "Posts that wait to be observed at this age.", due["posts"], labels)
        text = "Seconds since the post that waits longest reached this age."
        yield Figure("postcast_observation_lag_seconds", text, max(0.0, late), labels)


@figures_of("tiktok")
def tiktok() -> Iterable[Figure]:
    """Yield how many calls to TikTok this minute has left, by endpoint."""
    for endpoint in ("/v2/user/info/", "/v2/video/list/", "/v2/video/query/"):
        text = "Calls to TikTok that this minute has left."
        yield Figure("postcast_tiktok_calls_left", text, calls_left(endpoint), {"endpoint": endpoint})


@figures_of("refreshes")
def refreshes() -> Iterable[Figure]:
    """Yield how many refreshes are in each state, of those that are active or ended within a day."""
    lately = Refresh.objects.filter(created_at__gt=timezone.now() - timedelta(days=1))
    counts = dict(lately.order_by().values_list("state").annotate(Count("pk")))
    for state in Refresh.State:
        yield Figure(
            "postcast_refreshes", "Refreshes of the last day by state.", counts.get(state, 0), {"state": state.value}
        )
