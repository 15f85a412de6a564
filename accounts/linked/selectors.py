"""Read TikTok accounts and their followers over time."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import FollowerCount, TikTokAccount, User
from privacy.declarations import require_declared
from privacy.purposes import Purpose


def accounts_of(user: User) -> QuerySet[TikTokAccount]:
    """The person's accounts with their credentials, connected or not."""
    return TikTokAccount.objects.filter(user=user).select_related("credential")


def follower_counts(account_id: int, as_of: datetime, *, purpose: Purpose) -> list[tuple[datetime, int | None]]:
    """The account's followers by `as_of`, each count with the moment from which it is known, oldest first.

    None where TikTok was no longer allowed to tell. Raises NotDeclaredFor where counts were not collected for the
    purpose; whether their person agrees to it is for the caller to know.
    """
    require_declared(purpose, FollowerCount)
    return list(
        FollowerCount.objects.filter(account=account_id, observed_at__lte=as_of).values_list("observed_at", "followers")
    )
