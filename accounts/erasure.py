"""What accounts does when somebody is erased (`privacy.erasure.services`)."""

from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.data_map import sessions_of
from accounts.models import TikTokAccount
from accounts.services import end_grant
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import Revoked, on_last, on_revoke, on_stop


@on_stop
def let_nobody_in(subject: Subject) -> None:
    """Sessions end at once, and nothing is fetched for the accounts any more."""
    now = timezone.now()
    TikTokAccount.objects.filter(pk__in=subject.account_ids, disconnected_at=None).update(disconnected_at=now)
    Session.objects.filter(sessions_of(subject)).delete()


@on_revoke
def end_access_at_tiktok(subject: Subject) -> list[Revoked]:
    """Whether TikTok knows of each of the accounts that its access is ended."""
    return [end_grant(account_id=account_id, now=timezone.now()) for account_id in subject.account_ids]


@on_last
def forget_sign_in(subject: Subject) -> None:
    """With the account itself goes the library's row that recognises it: they may come back, as somebody new."""
    open_ids = TikTokAccount.objects.filter(pk__in=subject.account_ids).values("open_id")
    SocialAccount.objects.filter(provider="tiktok", uid__in=open_ids).delete()
