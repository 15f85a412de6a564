"""Reads for trends: posts of consenting accounts as they became known, and the trends released so far."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from accounts.linked.selectors import accounts_to_learn_from
from config.databases import late_reads
from posts.models import Origin, PostContent, Trend
from posts.trends.counting import Use
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

SEEN_WITHIN = timedelta(hours=48)
"""Posts that were first seen later are left out: a sign-in brings a whole history at once, and that is no trend."""
SHOWN_FOR = timedelta(days=3)
"""Time for which a trend counts as rising."""


def uses_between(start: datetime, end: datetime) -> Iterator[Use]:
    """Yield posts of accounts to learn from that became known after `start` and by `end`, in that order."""
    require_declared(Purpose.LEARNING, PostContent)
    rows = (
        PostContent.objects.filter(
            post__account__in=accounts_to_learn_from(),
            # what files and programs bring is not: anybody can write them
            post__origin=Origin.FETCHED,
            post__first_seen_at__lte=F("post__posted_at") + SEEN_WITHIN,
            post__first_seen_at__gt=start - SEEN_WITHIN,
        )
        .annotate(known_at=Greatest("post__posted_at", "post__first_seen_at"))
        .filter(known_at__gt=start, known_at__lte=end)
        .order_by("known_at", "post_id")
        .values_list("post__account", "known_at", "hashtags", "language")
    )
    for account, known_at, hashtags, language in rows.iterator():
        yield Use(account, int(known_at.timestamp()), tuple(hashtags), language)


def rising_hashtags(language: str, as_of: datetime) -> QuerySet[Trend]:
    """Return the trends found within `SHOWN_FOR` before the moment, and none found later; newest and steepest first.

    With a language (ISO 639): those of this language and those of no one language. Empty: all.
    """
    trends = Trend.objects.using(late_reads()).filter(as_of__lte=as_of, as_of__gt=as_of - SHOWN_FOR)
    return trends.filter(language__in=[language, ""]) if language else trends
