"""Background counting of shared phrases, and working out of accounts' styles."""

from celery import shared_task

from accounts.models import TikTokAccount
from predictions.captions import shared, styles
from privacy.consent.selectors import NoConsent


@shared_task
def count_shared_phrases() -> None:
    """Run by beat each night."""
    shared.count_shared_phrases()


def enqueue_style(account_id: int) -> None:
    """Have the account's style worked out soon."""
    update_style.delay(account_id)


@shared_task
def update_style(account_id: int) -> None:
    """Work out the account's style; nothing for one that is gone, or whose person no longer agrees."""
    try:
        styles.update_style(account_id=account_id)
    except (NoConsent, TikTokAccount.DoesNotExist):
        return
