"""Give, confirm and remove an address; write to it.

The consent is the row: who gave the address, when, to which words they agreed, when they confirmed. Removing the
address withdraws it. Nothing but the question whether it is theirs is sent to an address before it is confirmed.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import MailAddress, Notice, User
from accounts.telling.words import words_of
from privacy.consent.selectors import has_consent, require
from privacy.models import AccessEvent
from privacy.people import lock_person
from privacy.purposes import Purpose
from privacy.trail.services import record
from telemetry.outbox import send_on_commit

CONSENT_VERSION = 1
"""Of the words in `templates/telling/mail_consent.html`; words that mean something else need another."""
CONFIRMED_WITHIN = timedelta(days=2)
_CONFIRM, _REMOVE = "accounts.mail.confirm", "accounts.mail.remove"


@transaction.atomic
def give_address(*, user: User, address: str, kinds: Collection[str], now: datetime | None = None) -> MailAddress:
    """Keep the address that the person agreed to be written to, in place of another one, and send the link to confirm.

    Raises NoConsent.
    """
    require(user.pk, Purpose.SERVICE)
    now = now or timezone.now()
    lock_person(user.pk)
    MailAddress.objects.filter(user=user).delete()
    kept = MailAddress.objects.create(
        user=user,
        address=address,
        kinds=in_order(kinds),
        agreed_to=CONSENT_VERSION,
        given_at=now,
        unconfirmed_until=now + CONFIRMED_WITHIN,
    )
    record(action=AccessEvent.Action.CONSENT, subjects=[user.pk], what=f"e-mail about notices, words {CONSENT_VERSION}")
    send_on_commit("accounts.mail.tasks.ask_to_confirm", kept.pk)
    return kept


@transaction.atomic
def confirm_address(*, user: User, token: str, now: datetime | None = None) -> bool:
    """Store that the person opened the link sent to their address; return whether it was theirs and in time."""
    now = now or timezone.now()
    kept = MailAddress.objects.select_for_update(of=("self",)).filter(user=user, unconfirmed_until__gt=now).first()
    if kept is None or _read(token, _CONFIRM) != [kept.pk, kept.address]:
        return False
    kept.confirmed_at, kept.unconfirmed_until = now, None
    kept.save(update_fields=["confirmed_at", "unconfirmed_until"])
    return True


def change_kinds(*, kept: MailAddress, kinds: Collection[str]) -> None:
    """Store which kinds of notices are sent there."""
    kept.kinds = in_order(kinds)
    kept.save(update_fields=["kinds"])


@transaction.atomic
def remove_address(*, user_id: int) -> None:
    """Delete the person's address, and with it their consent to be written to."""
    if MailAddress.objects.filter(user=user_id).delete()[0]:
        record(action=AccessEvent.Action.WITHDRAW, subjects=[user_id], what="e-mail about notices")


def owner_of(token: str) -> MailAddress | None:
    """Return the address that the link at the end of a message removes; None if it is gone or the link is not ours."""
    read = _read(token, _REMOVE)
    return MailAddress.objects.filter(pk=read[0], address=read[1]).first() if read else None


def ask_to_confirm(*, address_id: int) -> None:
    """Send the link that confirms an address."""
    kept = MailAddress.objects.filter(pk=address_id, unconfirmed_until__gt=timezone.now()).first()
    if kept is None:
        return
    link = _address("accounts:confirm_mail", signing.dumps([kept.pk, kept.address], salt=_CONFIRM))
    text = render_to_string("telling/confirm_mail.txt", {"link": link})
    EmailMessage(_("Is this your address?"), text, to=[kept.address]).send()


def mail_notice(*, notice_id: int) -> None:
    """Write of a notice to its person's address; once, whichever worker is first."""
    notice = Notice.objects.select_related("account").filter(pk=notice_id, mailed_at=None).first()
    kept = notice and MailAddress.objects.filter(user=notice.user_id, confirmed_at__isnull=False).first()
    if not notice or not kept or notice.kind not in kept.kinds or not has_consent(notice.user_id, Purpose.SERVICE):
        return
    if not Notice.objects.filter(pk=notice_id, mailed_at=None).update(mailed_at=timezone.now()):
        return
    words = words_of(notice)
    remove = _address("accounts:remove_mail", signing.dumps([kept.pk, kept.address], salt=_REMOVE))
    context = {"words": words, "link": f"{settings.PUBLIC_URL}{notice.link}", "remove": remove}
    message = EmailMessage(
        words.title,
        render_to_string("telling/mail.txt", context),
        to=[kept.address],
        headers={"List-Unsubscribe": f"<{remove}>"},
    )
    try:
        message.send()
    except OSError:
        # the task is tried again
        Notice.objects.filter(pk=notice_id).update(mailed_at=None)
        raise


def in_order(kinds: Collection[str]) -> list[str]:
    """Return the kinds in their order."""
    return [kind.value for kind in Notice.Kind if kind in kinds]


def _address(name: str, token: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[token])}"


def _read(token: str, salt: str) -> list[Any]:
    try:
        read: list[Any] = signing.loads(token, salt=salt)
    except (signing.BadSignature, UnicodeError):
        return []
    return read
