"""Reads of outcomes: forecasts that wait for one, drafts and posts to match, an account's track record."""

from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from posts.models import Post, PostContent
from predictions.learning.selectors import HORIZON_DELTA
from predictions.models import Outcome, Prediction
from predictions.outcomes.matching import Planned, Published
from predictions.outcomes.track_record import Compared, TrackRecord, summarise
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose
from telemetry.service_levels.gauges import Standing

COVERED_FOR = timedelta(days=7)
"""Outcomes of this time tell the coverage of the service level."""
POSTS_JUDGED = 50
"""Latest posts that a track record covers: accounts and models change."""


def predictions_due(now: datetime, *, given_up_after: timedelta) -> QuerySet[Prediction]:
    """Return forecasts without outcome whose horizon passed, at most `given_up_after` ago, of people who agree."""
    return Prediction.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"),
        consents_to(Purpose.OUTCOMES, "account__user"),
        outcome=None,
        publish_at__lte=now - HORIZON_DELTA,
        publish_at__gt=now - HORIZON_DELTA - given_up_after,
    )


def coverage(now: datetime) -> Standing:
    """Return how many forecasts have a measured outcome of the last seven days, and how many intervals missed it."""
    outcomes = Outcome.objects.filter(label=Outcome.Label.MEASURED, met_at__gt=now - COVERED_FOR)
    found = outcomes.aggregate(items=Count("pk"), late=Count("pk", filter=Q(within_interval=False)))
    return Standing(**found)


def planned_drafts(account_id: int, after: datetime, before: datetime) -> list[Planned]:
    """Return the account's drafts planned within that time, whether or not they have an outcome."""
    require_declared(Purpose.OUTCOMES, Prediction)
    drafts = Prediction.objects.filter(account=account_id, publish_at__range=(after, before))
    return [Planned(*row) for row in drafts.values_list("pk", "caption_fingerprint", "created_at", "publish_at")]


def published_captions(account_id: int, after: datetime, before: datetime) -> list[Published]:
    """Return the account's posts published within that time, with their captions' fingerprints."""
    require_declared(Purpose.OUTCOMES, Post, PostContent)
    posts = Post.objects.filter(account=account_id, posted_at__range=(after, before), content__isnull=False)
    return [Published(*row) for row in posts.values_list("pk", "content__caption_fingerprint", "posted_at")]


def results_of(account_id: int, *, since: datetime | None = None) -> QuerySet[Outcome]:
    """Return the outcomes of the account's posts with their forecasts, latest posts first; of posts since a moment.

    Of several forecasts of a post, the last one counts.
    """
    last_of_each_post = (
        Outcome.objects.filter(prediction__account=account_id)
        .order_by("post_id", "-prediction__created_at", "-prediction_id")
        .distinct("post_id")
    )
    results = Outcome.objects.filter(pk__in=last_of_each_post.values("pk")).select_related("prediction", "post")
    if since is not None:
        results = results.filter(post__posted_at__gte=since)
    return results.order_by("-post__posted_at", "-post_id")


def account_track_record(account_id: int, *, since: datetime | None = None) -> TrackRecord:
    """Return the track record over the account's latest posts that were forecast. One query.

    Posts without a like, or forecast without a baseline, have no error to compare and are left out. Estimates are left
    out too, but counted.
    """
    compared = results_of(account_id, since=since).filter(typical_error__isnull=False, baseline_error__isnull=False)
    rows = compared.values_list("label", "typical_error", "baseline_error", "within_interval")[:POSTS_JUDGED]
    measured = [row[1:] for row in rows if row[0] == Outcome.Label.MEASURED]
    return summarise(
        [Compared(*row) for row in measured],  # type: ignore[arg-type]  # the filter leaves no None
        estimated=len(rows) - len(measured),
    )


def first_result_at(account_id: int, now: datetime) -> datetime | None:
    """Return when the first of the forecasts that wait for a result can have one; None where none waits. One query."""
    waiting = Prediction.objects.filter(account=account_id, outcome=None, publish_at__gt=now - HORIZON_DELTA)
    publish_at = waiting.order_by("publish_at").values_list("publish_at", flat=True).first()
    return publish_at and publish_at + HORIZON_DELTA
