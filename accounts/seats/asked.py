"""The account that the member `account_id` of an API request names. Raises MissingObject for any other's."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request

from accounts.linked.selectors import accounts_of
from accounts.models import TikTokAccount
from accounts.seats.access import open_named
from config.api.problems import MissingObject


def own_account(request: Request, account_id: str) -> TikTokAccount:
    """Return the person's own account of that id."""
    user: Any = request.user
    account = accounts_of(user).filter(public_id=account_id).first()
    if account is None:
        raise MissingObject("account_id")
    return account


def editable_account(request: Request, account_id: str) -> TikTokAccount:
    """Return the account of that id for its owner or an editor; a viewer is refused with PermissionDenied."""
    try:
        return open_named(request, account_id, to_write=True).account
    except Http404 as error:
        raise MissingObject("account_id") from error
