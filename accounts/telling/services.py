"""Write, withdraw and read notices.

    with transaction.atomic():
        ...  # what happened
        tell(user_id=account.user_id, kind=Notice.Kind.RESULT, about=post.public_id, link=link, account_id=account.pk)

The notice is committed with what it tells of. Told twice of the same kind and object, a person has one notice.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import signals
from accounts.models import Notice
from privacy.consent.selectors import has_consent
from privacy.purposes import Purpose


@transaction.atomic
def tell(
    *,
    user_id: int,
    kind: Notice.Kind,
    about: str,
    link: str,
    account_id: int | None = None,
    params: Mapping[str, Any] | None = None,
) -> bool:
    """Write a notice, unless the person has one of this kind and object; return whether it is new.

    Nobody is told anything without consent to the service. Sends `signals.noticed` in the transaction.

    Parameters
    ----------
    about : public id of the object
    link : path of the page that shows it
    params : figures and moments (ISO 8601) for the words, never the text of a post
    """
    if not has_consent(user_id, Purpose.SERVICE):
        return False
    notice, is_new = Notice.objects.get_or_create(
        user_id=user_id,
        kind=kind,
        about=about,
        defaults={"link": link, "account_id": account_id, "params": dict(params or {})},
    )
    if is_new:
        signals.noticed.send(sender=Notice, notice=notice)
    return is_new


@transaction.atomic
def tell_of_another(*, user_id: int, kind: Notice.Kind, about: str, link: str, account_id: int) -> None:
    """Tell of one more of what often comes several at a time: while the notice is unread, it only counts.

    Once it was read, the next one makes it unread again, of now, and is told by the person's channels.
    """
    notice = Notice.objects.select_for_update(of=("self",)).filter(user=user_id, kind=kind, about=about).first()
    if notice is None:
        tell(user_id=user_id, kind=kind, about=about, link=link, account_id=account_id, params={"count": 1})
    elif notice.read_at is None:
        notice.params = {"count": notice.params["count"] + 1}
        notice.save(update_fields=["params"])
    elif has_consent(user_id, Purpose.SERVICE):
        notice.params, notice.created_at = {"count": 1}, timezone.now()
        notice.read_at = notice.mailed_at = None
        notice.save(update_fields=["params", "created_at", "read_at", "mailed_at"])
        signals.noticed.send(sender=Notice, notice=notice)


def withdraw_notice(*, user_id: int, kind: Notice.Kind, about: str) -> None:
    """Delete a notice that no longer holds; the person can be told of the object again."""
    Notice.objects.filter(user=user_id, kind=kind, about=about).delete()


def withdraw_from_all(*, kind: Notice.Kind, about: Collection[str]) -> None:
    """Delete everybody's notices about these objects, which are gone."""
    Notice.objects.filter(kind=kind, about__in=about).delete()


def withdraw_of_account(*, user_id: int, account_id: int) -> None:
    """Delete all that the person was told of an account which they no longer see."""
    Notice.objects.filter(user=user_id, account=account_id).delete()


def withdraw_kinds(*, user_id: int, kinds: Collection[Notice.Kind]) -> None:
    """Delete all of the person's notices of these kinds: they no longer agree to what those tell."""
    Notice.objects.filter(user=user_id, kind__in=kinds).delete()


def mark_read(*, notice: Notice, now: datetime | None = None) -> None:
    """Store that the notice was read, also in the given object; the first time counts."""
    notice.read_at = notice.read_at or now or timezone.now()
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=notice.read_at)


def mark_all_read(*, user_id: int, now: datetime | None = None) -> int:
    """Store that the person read all of their notices; return how many were unread."""
    return Notice.objects.filter(user=user_id, read_at=None).update(read_at=now or timezone.now())
