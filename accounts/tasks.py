"""Background work of accounts; each task is idempotent."""

import structlog
from celery import shared_task
from django.utils import timezone

from accounts.credentials import selectors, services
from accounts.tiktok.errors import TikTokError
from privacy.consent.selectors import NoConsent

log = structlog.get_logger(__name__)


@shared_task
def refresh_expiring_credentials() -> None:
    """Queue the renewal of grants that end soon, and of revocations that TikTok has not confirmed (hourly, by beat)."""
    now = timezone.now()
    for account_id in selectors.credentials_to_renew(now).values_list("account_id", flat=True):
        renew_credential.delay(account_id)
    for account_id in selectors.revocations_pending().values_list("account_id", flat=True):
        retry_revocation.delay(account_id)


@shared_task
def renew_credential(account_id: int) -> None:
    """Renew an account's grant; if TikTok fails, the next hour's run retries."""
    try:
        services.renew_credential(account_id=account_id)
    except (services.CredentialLost, NoConsent, TikTokError) as error:
        log.warning("credential_not_renewed", account_id=account_id, error=str(error))


@shared_task
def retry_revocation(account_id: int) -> None:
    """Revoke a disconnected account's grant at TikTok; if that fails, the next hour's run retries."""
    services.retry_revocation(account_id=account_id)
