"""TikTok as a platform."""

from accounts.credentials.services import revoke_at_tiktok
from accounts.models import Credential, TikTokAccount
from accounts.tiktok.client import VIDEO_SCOPE
from posts.platforms.base import HORIZON, Urgency
from posts.platforms.tiktok.client import DisplayAPI
from posts.platforms.tiktok.limits import calls_per_minute
from privacy.erasure.hooks import Revoked


class TikTok:
    """TikTok through its Display API, as a `posts.platforms.base.PlatformKind`."""

    name = TikTokAccount.Platform.TIKTOK.value
    horizon = HORIZON
    is_fetched = True
    scope = VIDEO_SCOPE
    batch_size = DisplayAPI.batch_size

    def on_behalf_of(self, account_id: int, urgency: Urgency) -> DisplayAPI:
        """Return the Display API for the account."""
        return DisplayAPI(account_id, urgency)

    def calls_per_minute(self, urgency: Urgency) -> int:
        """Return the calls of each endpoint."""
        return calls_per_minute(urgency)

    def revoke(self, account_id: int, state: Credential.State) -> Revoked:
        """Revoke the grant at TikTok."""
        return revoke_at_tiktok(account_id, state)
