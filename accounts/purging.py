"""What retention does of accounts beyond the dates in their declarations."""

from datetime import datetime, timedelta

from accounts.models import Credential
from privacy.retention.purging import on_purge

GRACE = timedelta(days=1)
"""In which a renewal of the last minute is heard of."""


@on_purge("keys that TikTok has ended")
def forget_ended_keys(now: datetime) -> int:
    """Forget tokens with which nothing can be renewed any more; after a withdrawal nobody else would find out."""
    ended = Credential.objects.filter(refresh_expires_at__lt=now - GRACE).exclude(sealed_refresh_token=b"")
    ended.filter(state=Credential.State.ACTIVE).update(state=Credential.State.LOST)
    return ended.update(sealed_access_token=b"", sealed_refresh_token=b"")
