"""Times on pages are local ones: of the account that the page is about.

A view activates its account's zone, forms and templates then read and write local times by themselves, and the
middleware ends it with the request.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import TikTokAccount
from privacy.people import find_zones_with

GetResponse = Callable[[HttpRequest], HttpResponse]


def zone_of(account: TikTokAccount) -> ZoneInfo:
    """Return the account's chosen time zone; UTC without a choice, or if this machine no longer knows the zone."""
    try:
        return ZoneInfo(account.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def use_time_zone_of(account: TikTokAccount) -> None:
    """Write and read times in the account's zone until the request ends."""
    timezone.activate(zone_of(account))


@find_zones_with
def zone_of_person(user_id: int) -> ZoneInfo | None:
    """Return the zone of the person's first account, for pages about no account."""
    account = TikTokAccount.objects.filter(user=user_id).first()
    return zone_of(account) if account else None


def reset_time_zone(get_response: GetResponse) -> GetResponse:
    """Return middleware that ends a request in UTC: the next request of this worker is another person's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            return get_response(request)
        finally:
            timezone.deactivate()

    return middleware
