"""The platforms that accounts belong to, by `TikTokAccount.platform`.

A platform that ships with the service stands in `_KINDS`; one of another app calls `register` when that app is ready.
"""

from accounts.credentials.services import REVOCATIONS
from accounts.models import TikTokAccount
from posts.platforms.base import HORIZON, Platform, PlatformKind, Urgency
from posts.platforms.exports.platform import Files
from posts.platforms.tiktok.platform import TikTok

_KINDS: dict[str, PlatformKind] = {kind.name: kind for kind in (TikTok(), Files())}


class UnknownPlatform(Exception):
    """The account belongs to a platform that this installation does not have."""


def register(kind: PlatformKind) -> None:
    """Add a platform. Raise ValueError for a name that is taken, or a horizon at which nothing is forecast."""
    if kind.name in _KINDS:
        raise ValueError(f"there is a platform {kind.name!r} already")
    if kind.horizon != HORIZON:
        raise ValueError(f"{kind.name} has a horizon of {kind.horizon}; forecasts are made for {HORIZON}")
    _KINDS[kind.name] = kind
    REVOCATIONS[kind.name] = kind.revoke


def kind_of(name: str) -> PlatformKind:
    """Return the platform of that name. Raise UnknownPlatform."""
    if name not in _KINDS:
        raise UnknownPlatform(f"{name!r} is no platform here; there are {', '.join(sorted(_KINDS))}")
    return _KINDS[name]


def fetched_kinds() -> tuple[PlatformKind, ...]:
    """Return the platforms that posts are fetched from."""
    return tuple(kind for kind in _KINDS.values() if kind.is_fetched)


def is_fetched(account: TikTokAccount) -> bool:
    """Return whether posts of the account can be fetched from its platform."""
    return account.platform in _KINDS and _KINDS[account.platform].is_fetched


def platform_of(account_id: int, urgency: Urgency = Urgency.REFRESH) -> Platform:
    """Return the account's platform for calls on its behalf. Raise UnknownPlatform, TikTokAccount.DoesNotExist."""
    name = TikTokAccount.objects.values_list("platform", flat=True).get(pk=account_id)
    return kind_of(name).on_behalf_of(account_id, urgency)
