"""Background work of accounts; each task can be run twice without harm."""

import structlog
from celery import shared_task
from django.utils import timezone

from accounts import selectors, services
from accounts.tiktok.errors import TikTokError
from privacy.consent.selectors import NoConsent

log = structlog.get_logger(__name__)


@shared_task
def refresh_expiring_credentials() -> None:
    """Beat: renew grants that end soon, so that they stay alive, and finish revocations that TikTok did not hear."""
    now = timezone.now()
    for account_id in selectors.credentials_to_renew(now).values_list("account_id", flat=True):
        renew_credential.delay(account_id)
    for account_id in selectors.revocations_pending().values_list("account_id", flat=True):
        retry_revocation.delay(account_id)


@shared_task
def renew_credential(account_id: int) -> None:
    """Use an account's refresh token; where TikTok fails, the next hour's beat tries again."""
    try:
        services.renew_credential(account_id=account_id)
    except (services.CredentialLost, NoConsent, TikTokError) as error:
        log.warning("credential_not_renewed", account_id=account_id, error=str(error))


@shared_task
def retry_revocation(account_id: int) -> None:
    """Take a disconnected account's grant back at TikTok; where that fails, the next hour's beat tries again."""
    services.retry_revocation(account_id=account_id)
