"""Choose the TikTok account that a page is about, and tell how each of a person's accounts is connected."""

from dataclasses import dataclass
from typing import Literal

from django.http import Http404, HttpRequest

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.selectors import accounts_of
from accounts.models import Credential, TikTokAccount, User
from accounts.tiktok.client import VIDEO_SCOPE

Connection = Literal["ok", "no videos", "lost", "disconnected", "file"]


class SignedInRequest(HttpRequest):
    """The request of a view behind `login_required`, for the type checker."""

    user: User


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account with the state of its connection with TikTok, for its owner's pages."""

    account: TikTokAccount
    connection: Connection


def linked_accounts(user: User) -> list[LinkedAccount]:
    """Return the person's accounts, connected ones first; one query."""
    linked = [LinkedAccount(account, connection_of(account)) for account in accounts_of(user)]
    return sorted(linked, key=lambda each: each.connection == "disconnected")


def connection_of(account: TikTokAccount) -> Connection:
    """Return the state of the account's connection with TikTok; `no videos` if the creator declined that scope.

    `file` is an account whose posts come from files: it has no connection, and needs none.
    """
    if account.platform == TikTokAccount.Platform.FILE and account.disconnected_at is None:
        return "file"
    credential: Credential | None = getattr(account, "credential", None)
    if account.disconnected_at or credential is None or credential.state == Credential.State.REVOKED:
        return "disconnected"
    if credential.state == Credential.State.LOST:
        return "lost"
    return "ok" if VIDEO_SCOPE in credential.scopes else "no videos"


def choose_account(request: SignedInRequest) -> tuple[LinkedAccount | None, list[LinkedAccount]]:
    """Return the account that `?account=` names, by default the first, and all of the person's; 404 for any other.

    From then on the request's times are in the account's time zone.
    """
    linked = linked_accounts(request.user)
    wanted = request.GET.get("account")
    named = [each for each in linked if each.account.public_id == wanted] if wanted else linked[:1]
    if wanted and not named:
        raise Http404
    if not named:
        return None, linked
    [chosen] = named
    use_time_zone_of(chosen.account)
    return chosen, linked
