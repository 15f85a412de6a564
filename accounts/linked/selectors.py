"""Read TikTok accounts and their followers over time, and which of them may be learned from."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import FollowerCount, TikTokAccount, User
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose


def accounts_of(user: User) -> QuerySet[TikTokAccount]:
    """Return the person's accounts with their credentials, connected or not."""
    return TikTokAccount.objects.filter(user=user).select_related("credential")


def accounts_to_learn_from() -> QuerySet[TikTokAccount]:
    """Return the connected accounts whose people agree to the service and to learning: the only place that decides."""
    require_declared(Purpose.LEARNING, TikTokAccount)
    return TikTokAccount.objects.filter(
        consents_to(Purpose.SERVICE, "user"), consents_to(Purpose.LEARNING, "user"), disconnected_at=None
    )


def follower_counts(account_id: int, as_of: datetime, *, purpose: Purpose) -> list[tuple[datetime, int | None]]:
    """Return (moment observed, followers) of the account up to `as_of`, oldest first.

    A count is None if TikTok was no longer allowed to give it. Raises NotDeclaredFor if counts are not collected for
    the purpose; the caller checks whether the person consents to it.
    """
    require_declared(purpose, FollowerCount)
    return list(
        FollowerCount.objects.filter(account=account_id, observed_at__lte=as_of).values_list("observed_at", "followers")
    )
