"""The steps of an erasure that accounts takes: end sessions, revoke at TikTok, delete the library's rows."""

from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.data_map.libraries import sessions_of
from accounts.linked.services import end_grant
from accounts.models import TikTokAccount
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import Revoked, on_last, on_revoke, on_stop


@on_stop
def let_nobody_in(subject: Subject) -> None:
    """End the person's sessions, and mark their accounts as disconnected so that nothing more is fetched."""
    now = timezone.now()
    TikTokAccount.objects.filter(pk__in=subject.account_ids, disconnected_at=None).update(disconnected_at=now)
    Session.objects.filter(sessions_of(subject)).delete()


@on_revoke
def end_access_at_tiktok(subject: Subject) -> list[Revoked]:
    """Revoke the grants at TikTok, and return for each account whether TikTok confirmed."""
    return [end_grant(account_id=account_id, now=timezone.now()) for account_id in subject.account_ids]


@on_last
def forget_sign_in(subject: Subject) -> None:
    """Delete allauth's rows that recognise the accounts: a creator who comes back is somebody new."""
    open_ids = TikTokAccount.objects.filter(pk__in=subject.account_ids).values("open_id")
    SocialAccount.objects.filter(provider="tiktok", uid__in=open_ids).delete()
