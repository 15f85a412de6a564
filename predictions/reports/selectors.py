"""Reads of suggestions as they were told: a forecast's reports, records of each kind, what is switched off."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, QuerySet

from accounts.models import User
from posts.models import PostContent
from predictions.models import Outcome, Prediction, SuggestionReport, SuggestionSwitch
from predictions.reports.records import FeatureRecord, is_tried
from predictions.reports.variety import ToldDraft
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

SWITCHED_OFF = ArraySubquery(SuggestionSwitch.objects.filter(is_off=True).order_by("feature").values("feature"))
"""The features that are suggested to nobody, for `advise(..., without=...)`, as a column of any query."""

JUDGED_FOR = timedelta(days=180)
"""Suggestions told longer ago count no more: models change."""
COMPARED_FOR = timedelta(days=30)
"""Suggestions whose variety is measured."""
TRIED_WITHIN = timedelta(days=1)
"""A draft is forecast anew after a suggestion: the forecast of the post came at most so long after it."""
MOST_FORECASTS = 50_000
"""Latest forecasts that are read for either."""


def reported_forecasts(user: User) -> QuerySet[Prediction]:
    """Return the person's forecasts, for reports of their suggestions."""
    return Prediction.objects.filter(account__user=user.pk).select_related("account")


def reports_on(prediction: Prediction) -> QuerySet[SuggestionReport]:
    """Return the reports of the forecast's suggestions, best suggestion first."""
    return SuggestionReport.objects.filter(prediction=prediction.pk).order_by("rank")


def feature_records(now: datetime) -> dict[str, FeatureRecord]:
    """Return what became of each feature's suggestions, of people who agree to comparing forecasts with posts.

    Of a feature that staff switched on again, what was told before that does not count.
    """
    require_declared(Purpose.OUTCOMES, Prediction, Outcome)
    since = now - JUDGED_FOR
    judged_from = dict(SuggestionSwitch.objects.exclude(judged_from=None).values_list("feature", "judged_from"))
    rows = _told_since(since).values_list("account_id", "created_at", "typical", "suggestions")[:MOST_FORECASTS]
    told: defaultdict[int, list[tuple[datetime, float, list[dict[str, str]]]]] = defaultdict(list)
    shown: defaultdict[str, int] = defaultdict(int)
    for account_id, created_at, typical, suggestions in rows:
        counted = [each for each in suggestions or () if created_at >= (judged_from.get(each["feature"]) or since)]
        told[account_id].append((created_at, typical, counted))
        for each in counted:
            shown[each["feature"]] += 1
    records = {feature: FeatureRecord(feature, shown=count) for feature, count in shown.items()}
    for feature, reported, reporters in _reports(since, judged_from):
        record = records.get(feature, FeatureRecord(feature))
        records[feature] = replace(record, reported=reported, reporters=reporters)
    tried: dict[tuple[int, str, str], bool] = {}
    for outcome in _outcomes(since):
        content: PostContent | None = getattr(outcome.post, "content", None)
        asked_at = outcome.prediction.created_at
        for created_at, typical, suggestions in told[outcome.prediction.account_id] if content else []:
            if not asked_at - TRIED_WITHIN <= created_at <= asked_at:
                continue
            for each in suggestions:
                if content and is_tried(each, content, outcome.post.posted_at, outcome.post.duration_s):
                    tried[outcome.post_id, each["feature"], each["value"]] = outcome.likes > typical
    for (_, feature, _), is_right in tried.items():
        record = records[feature]
        records[feature] = replace(record, tried=record.tried + 1, right=record.right + is_right)
    return records


def told_drafts(now: datetime) -> list[ToldDraft]:
    """Return the drafts to which something was suggested lately, of the same people. Two queries."""
    require_declared(Purpose.OUTCOMES, Prediction)
    rows = _told_since(now - COMPARED_FOR).values_list("account_id", "publish_at", "hashtags", "suggestions")
    told = list(rows[:MOST_FORECASTS])
    languages = _languages({account for account, *_ in told})
    return [
        ToldDraft(account, languages.get(account, ""), publish_at, tags, suggestions or ())
        for account, publish_at, tags, suggestions in told
    ]


def _languages(accounts: Collection[int]) -> dict[int, str]:
    """Return the language of most posts of each account. One query."""
    require_declared(Purpose.OUTCOMES, PostContent)
    counts = (
        PostContent.objects.filter(post__account__in=accounts)
        .exclude(language="")
        .values_list("post__account", "language")
        .annotate(posts=Count("pk"))
        .order_by("posts", "language")
    )
    # the most frequent comes last
    return {account: language for account, language, _ in counts}


def _told_since(since: datetime) -> QuerySet[Prediction]:
    agreeing = Prediction.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"), consents_to(Purpose.OUTCOMES, "account__user")
    )
    return agreeing.filter(created_at__gte=since, suggestions__isnull=False).exclude(suggestions=[]).order_by("-id")


def _outcomes(since: datetime) -> QuerySet[Outcome]:
    return (
        Outcome.objects.filter(
            consents_to(Purpose.SERVICE, "prediction__account__user"),
            consents_to(Purpose.OUTCOMES, "prediction__account__user"),
            prediction__created_at__gte=since,
            label=Outcome.Label.MEASURED,
        )
        .select_related("prediction", "post__content")
        .order_by("-id")[:MOST_FORECASTS]
    )


def _reports(since: datetime, judged_from: Mapping[str, datetime | None]) -> list[tuple[str, int, int]]:
    """Return (feature, reports, people who reported) of the suggestions that count."""
    reports = SuggestionReport.objects.filter(
        consents_to(Purpose.SERVICE, "prediction__account__user"), prediction__created_at__gte=since
    )
    for feature, moment in judged_from.items():
        reports = reports.exclude(feature=feature, prediction__created_at__lt=moment)
    counted = (
        reports.order_by()
        .values("feature")
        .annotate(reported=Count("pk"), reporters=Count("prediction__account__user", distinct=True))
    )
    return [(row["feature"], row["reported"], row["reporters"]) for row in counted]
