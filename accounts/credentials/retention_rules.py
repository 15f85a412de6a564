"""A rule of retention that no date in a declaration can express: delete tokens that TikTok has ended."""

from datetime import datetime, timedelta

from accounts.models import Credential
from privacy.retention.purging import on_purge

GRACE = timedelta(days=1)
"""Time for a renewal at the last minute to be stored."""


@on_purge("keys that TikTok has ended")
def forget_ended_keys(now: datetime) -> int:
    """Delete tokens that can renew nothing any more, and return how many; after a withdrawal nothing else would."""
    ended = Credential.objects.filter(refresh_expires_at__lt=now - GRACE).exclude(sealed_refresh_token=b"")
    ended.filter(state=Credential.State.ACTIVE).update(state=Credential.State.LOST)
    return ended.update(sealed_access_token=b"", sealed_refresh_token=b"")
