"""Files as a platform: its accounts have posts of files and programs alone."""

from accounts.models import Credential, TikTokAccount
from posts.platforms.base import HORIZON, NotFetched, Platform, Urgency
from privacy.erasure.hooks import Revoked


class Files:
    """Files that a person brings, as a `posts.platforms.base.PlatformKind`: nothing is granted and nothing fetched."""

    name = TikTokAccount.Platform.FILE.value
    horizon = HORIZON
    is_fetched = False
    scope = ""
    batch_size = 1

    def on_behalf_of(self, account_id: int, urgency: Urgency) -> Platform:
        """Raise NotFetched: history comes through `read_file`."""
        raise NotFetched("this account's posts come from its person's files alone")

    def calls_per_minute(self, urgency: Urgency) -> int:
        """Return 0: nothing is asked."""
        return 0

    def revoke(self, account_id: int, state: Credential.State) -> Revoked:
        """Return that there is no grant."""
        return Revoked.YES
