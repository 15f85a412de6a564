"""Reads of drafts: a person's own, those in a stretch of time, reminders that are due, and drafts to look for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from accounts.models import Notice, TikTokAccount, User
from accounts.seats.selectors import seen_by
from posts.models import Post, PostContent
from predictions.models import Outcome, SavedDraft
from predictions.outcomes.matching import Planned, Published
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

LOOKED_FOR = timedelta(days=7)
"""The post of a draft is looked for until so long after its planned time."""
REMINDED_FOR = timedelta(days=2)
"""A reminder is shown until so long after it was due."""


def drafts_of(user: User) -> QuerySet[SavedDraft]:
    """Return all drafts of the person's accounts with their saved forecast and post, newest first."""
    drafts = SavedDraft.objects.filter(account__user=user.pk)
    return drafts.select_related("account", "prediction__outcome", "post")


def drafts_seen_by(user: User) -> QuerySet[SavedDraft]:
    """Return the drafts of the person's accounts and of those at which they have a seat, newest first.

    Who takes one from here opens its account with `accounts.seats.access.open_account`.
    """
    return SavedDraft.objects.filter(seen_by(user)).select_related("account__user", "prediction__outcome", "post")


def planned_between(account: TikTokAccount, start: datetime, end: datetime) -> QuerySet[SavedDraft]:
    """Return the account's drafts with a planned time in [start, end), in their order."""
    drafts = SavedDraft.objects.filter(account=account, publish_at__gte=start, publish_at__lt=end)
    return drafts.select_related("prediction__outcome", "post").order_by("publish_at", "pk")


def published_between(account: TikTokAccount, start: datetime, end: datetime) -> QuerySet[Post]:
    """Return the account's posts of [start, end), oldest first, with the outcomes of their forecasts. Two queries."""
    outcomes = Outcome.objects.select_related("prediction").order_by("prediction__created_at", "prediction_id")
    posts = Post.objects.filter(account=account, posted_at__gte=start, posted_at__lt=end, deleted_at=None)
    return posts.select_related("content").prefetch_related(Prefetch("outcomes", outcomes)).order_by("posted_at", "pk")


def reminders_due(user: User, now: datetime) -> QuerySet[SavedDraft]:
    """Return the drafts of the person whose reminder is due and whose post was not found yet."""
    due = drafts_of(user).filter(remind_at__lte=now, remind_at__gt=now - REMINDED_FOR, post=None)
    return due.order_by("remind_at", "pk")


def reminders_to_tell(now: datetime) -> list[int]:
    """Return the primary keys of drafts whose reminder is due and was not told, of people who agree to the service."""
    told = Notice.objects.filter(user=OuterRef("account__user"), kind=Notice.Kind.REMINDER, about=OuterRef("public_id"))
    due = SavedDraft.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"),
        ~Exists(told),
        remind_at__lte=now,
        remind_at__gt=now - REMINDED_FOR,
        post=None,
    )
    return list(due.order_by("remind_at", "pk").values_list("pk", flat=True))


def drafts_to_find(now: datetime) -> QuerySet[SavedDraft]:
    """Return planned drafts whose post was not found yet and may have come, of people who agree to the service."""
    return SavedDraft.objects.filter(
        consents_to(Purpose.SERVICE, "account__user"), post=None, publish_at__gt=now - LOOKED_FOR
    ).exclude(caption_fingerprint="")


def planned(drafts: Sequence[SavedDraft]) -> list[Planned]:
    """Return the drafts as they are matched with posts."""
    return [
        Planned(draft.pk, draft.caption_fingerprint, draft.created_at, draft.publish_at)
        for draft in drafts
        if draft.publish_at is not None
    ]


def published_since(account_id: int, after: datetime) -> list[Published]:
    """Return the account's posts since the moment with their captions' fingerprints."""
    require_declared(Purpose.SERVICE, Post, PostContent)
    posts = Post.objects.filter(account=account_id, posted_at__gte=after, content__isnull=False)
    return [Published(*row) for row in posts.values_list("pk", "content__caption_fingerprint", "posted_at")]
