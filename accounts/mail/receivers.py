"""Queue e-mail to people who are told something and gave an address for it."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver

from accounts import signals
from accounts.models import MailAddress, Notice
from telemetry.outbox import send_on_commit


@receiver(signals.noticed)
def queue_mail(notice: Notice, **_: Any) -> None:
    """Queue it in the transaction of the notice."""
    if not settings.MAIL_OFFERED:
        return
    wanting = MailAddress.objects.filter(user=notice.user_id, confirmed_at__isnull=False, kinds__contains=[notice.kind])
    if wanting.exists():
        send_on_commit("accounts.mail.tasks.mail_notice", notice.pk)
