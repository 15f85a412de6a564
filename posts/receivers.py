"""What posts does when another app tells of something."""

from typing import Any

from django.dispatch import receiver

from accounts.models import TikTokAccount
from accounts.services import wait_for_writers
from accounts.signals import account_connected
from posts.models import Post
from posts.services import request_refresh
from privacy.consent.selectors import NoConsent
from privacy.consent.services import consent_given, consent_withdrawn
from privacy.purposes import Purpose


@receiver(account_connected)
def refresh_connected_account(account_id: int, **_: Any) -> None:
    """Every sign-in fetches the account and its posts; the first one only once its person has agreed to that."""
    try:
        request_refresh(account_id=account_id)
    except NoConsent:
        return


@receiver(consent_given)
def refresh_accounts(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Now they may be fetched."""
    if purpose == Purpose.SERVICE:
        for account_id in TikTokAccount.objects.filter(user=user_id, disconnected_at=None).values_list("pk", flat=True):
            request_refresh(account_id=account_id)


@receiver(consent_withdrawn)
def erase_captions(user_id: int, purpose: Purpose, **_: Any) -> None:
    """The measures stay, the text goes."""
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        Post.objects.filter(account__user=user_id).exclude(caption="").update(caption="")
