"""Refresh or erase on signals of other apps, show whether observations are on time, count work."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.models import TikTokAccount
from accounts.signals import account_connected
from posts.ingest.selectors import YOUNG_FOR, punctuality
from posts.ingest.services import request_refresh
from posts.models import Observation, Post, Refresh
from posts.platforms.registry import fetched_kinds
from privacy.consent.selectors import NoConsent
from privacy.consent.services import consent_given, consent_withdrawn
from privacy.purposes import Purpose
from telemetry.service_levels import gauges
from telemetry.signals import work_counted


@receiver(account_connected)
def refresh_connected_account(account_id: int, **_: Any) -> None:
    """Refresh the account with every sign-in, unless its person has not consented yet."""
    try:
        request_refresh(account_id=account_id)
    except NoConsent:
        return


@receiver(consent_given)
def refresh_accounts(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Refresh the person's connected accounts once they consent to the service."""
    if purpose == Purpose.SERVICE:
        fetched = [kind.name for kind in fetched_kinds()]
        connected = TikTokAccount.objects.filter(user=user_id, disconnected_at=None, platform__in=fetched)
        for account_id in connected.values_list("pk", flat=True):
            request_refresh(account_id=account_id)


@receiver(consent_withdrawn)
def erase_captions(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Erase the kept captions once their person withdraws consent to that; the measures stay."""
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        Post.objects.filter(account__user=user_id).exclude(caption="").update(caption="")


gauges.counted("observations", punctuality)


@receiver(work_counted)
def count_fetches(since: datetime, **_: Any) -> dict[str, int]:
    """Return how many refreshes began and how many scheduled observations were made since then."""
    # through the index of posts: only young ones are observed
    young = Observation.objects.filter(post__posted_at__gte=since - YOUNG_FOR)
    observed = young.filter(observed_at__gte=since, scheduled_age_h__isnull=False)
    return {"refresh": Refresh.objects.filter(started_at__gte=since).count(), "observation": observed.count()}
