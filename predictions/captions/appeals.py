"""Appeals against texts that were held back: a creator asks staff, staff decide, and an allowed text then passes."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.linked.services import lock_account
from accounts.models import Notice, User
from accounts.telling.services import tell
from posts.content.normalising import normalised
from predictions.captions.writing.moderation import flagged
from predictions.models import CaptionAppeal
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, has_consent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

MOST_OPEN = 10
"""Appeals of one account that wait for staff."""
ALLOWING = frozenset({CaptionAppeal.Reason.OTHER_MEANING, CaptionAppeal.Reason.QUOTATION})


class NotAppealed(ValueError):
    """There is nothing for staff to decide; the message says why."""


class AlreadyDecided(ValueError):
    """Somebody else of the staff was quicker."""


def appeals_of(user: User) -> QuerySet[CaptionAppeal]:
    """Return the appeals of the person's accounts, newest first."""
    return CaptionAppeal.objects.filter(account__user=user.pk).select_related("account")


def appeal_about(account_id: int, text: str) -> CaptionAppeal | None:
    """Return the account's appeal about this text, if there is one. One query."""
    return CaptionAppeal.objects.filter(account=account_id, fingerprint=_fingerprint(account_id, text)).first()


def allowed_words(account_id: int, text: str) -> frozenset[str]:
    """Return the listed words of a text that staff allowed for the account. At most one query, mostly none."""
    listed = frozenset(word for _verdict, word in flagged(text))
    if not listed:
        return listed
    appeal = appeal_about(account_id, text)
    return listed if appeal and appeal.state == CaptionAppeal.State.ALLOWED else frozenset()


@transaction.atomic
def appeal(*, account_id: int, text: str) -> CaptionAppeal:
    """Have staff look at a text that word lists hold back; about a text that was appealed, return that appeal.

    The text is kept until they decide. Raises NoConsent where the person keeps no texts, TikTokAccount.DoesNotExist,
    and NotAppealed.
    """
    account = lock_account(account_id)
    if not has_consent(account.user_id, Purpose.DRAFTS):
        raise NoConsent(Purpose.DRAFTS)
    if found := appeal_about(account_id, text):
        return found
    rules = sorted({verdict.value for verdict, _word in flagged(text)})
    if not rules:
        raise NotAppealed(_("No word list holds this text back."))
    waiting = CaptionAppeal.objects.filter(account=account, state=CaptionAppeal.State.OPEN)
    if waiting.count() >= MOST_OPEN:
        raise NotAppealed(_("Staff still look at %(number)d texts of yours. Ask again later.") % {"number": MOST_OPEN})
    made = CaptionAppeal.objects.create(
        account=account, text=blank_contacts(text), fingerprint=_fingerprint(account_id, text), rules=rules
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="a text that staff are to look at")
    return made


@transaction.atomic
def decide(*, appeal_id: int, reason: CaptionAppeal.Reason, now: datetime | None = None) -> CaptionAppeal:
    """Decide by the reason, drop the text, and tell the person.

    Raises AlreadyDecided, NoConsent, and CaptionAppeal.DoesNotExist where it was deleted meanwhile.
    """
    now = now or timezone.now()
    account_id = CaptionAppeal.objects.values_list("account_id", flat=True).get(pk=appeal_id)
    # the account first, as everybody who writes for it
    account = lock_account(account_id)
    decided = CaptionAppeal.objects.get(pk=appeal_id)
    if decided.state != CaptionAppeal.State.OPEN:
        raise AlreadyDecided
    decided.state = CaptionAppeal.State.ALLOWED if reason in ALLOWING else CaptionAppeal.State.KEPT
    decided.reason, decided.decided_at, decided.text = reason, now, ""
    decided.save(update_fields=["state", "reason", "decided_at", "text"])
    tell(
        user_id=account.user_id,
        kind=Notice.Kind.APPEAL,
        about=decided.public_id,
        link=f"{reverse('predictions:write')}?account={account.public_id}",
        account_id=account.pk,
        params={
            "allowed": decided.state == CaptionAppeal.State.ALLOWED,
            "reason": reason.value,
            "asked_at": decided.created_at.isoformat(),
        },
    )
    return decided


def _fingerprint(account_id: int, text: str) -> str:
    """Return a keyed digest (hex SHA-256) of the whole text, whatever its case, spacing and Unicode form."""
    folded = f"{account_id}:{' '.join(normalised('NFKC', text).casefold().split())}"
    return salted_hmac("predictions.captions.appeal", folded.encode("utf-8", "replace"), algorithm="sha256").hexdigest()
