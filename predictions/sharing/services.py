"""Make and revoke links, and note that one was opened."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.linked.services import lock_account
from predictions.models import Prediction, SharedLink
from predictions.period_reports.periods import Period
from predictions.sharing.selectors import alive, digest_of
from privacy.models import AccessEvent, Through
from privacy.trail.acting import Acting, acting
from privacy.trail.services import record

TOKEN_BYTES = 32
USUAL_DAYS, LONGEST_DAYS = 30, 90
"""Days for which a link works: where nothing else is asked for, and at most."""
MOST_LINKS = 200
"""Of one account at a time; those that ended do not count."""
OPENING = "predictions:shared"
"""The name of the page, under which the trail records that it was opened."""


class TooManyLinks(ValueError):
    """The account has as many working links as one may have; the message tells its person."""

    def __init__(self) -> None:
        super().__init__(
            _("This account has %(number)d links that work. Revoke one that you do not need.") % {"number": MOST_LINKS}
        )


@transaction.atomic
def create_link(
    *, account_id: int, shown: Prediction | Period, with_caption: bool = False, days: int = USUAL_DAYS
) -> tuple[SharedLink, str]:
    """Make a link to a forecast of the account, or to its report; return it and its token, which is stored nowhere.

    Raises NoConsent, TooManyLinks and TikTokAccount.DoesNotExist.
    """
    account, now = lock_account(account_id), timezone.now()
    if alive(SharedLink.objects.filter(account=account), now).count() >= MOST_LINKS:
        raise TooManyLinks
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = SharedLink(
        account=account,
        digest=digest_of(token),
        with_caption=with_caption,
        expires_at=now + timedelta(days=min(days, LONGEST_DAYS)),
    )
    if isinstance(shown, Period):
        link.period, link.first_day = shown.kind, shown.first
    else:
        link.prediction = shown
    link.save()
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="links to what you share")
    return link, token


@transaction.atomic
def revoke_link(*, link: SharedLink, now: datetime) -> None:
    """End the link with the next request. Revoking twice changes nothing."""
    SharedLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
    record(action=AccessEvent.Action.CHANGE, subjects=[link.account.user_id], what="links to what you share")


@transaction.atomic
def note_opening(*, link: SharedLink, now: datetime) -> None:
    """Count that a visitor opened the link, and write it into its person's trail. Nothing is kept of the visitor."""
    SharedLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1, last_opened_on=now.date())
    with acting(lambda: Acting(AccessEvent.Actor.VISITOR, "", Through.PAGE)):
        record(action=AccessEvent.Action.READ, subjects=[link.account.user_id], what=OPENING)
