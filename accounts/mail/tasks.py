"""Background sending of e-mail."""

from celery import shared_task

from accounts.mail import services


@shared_task
def ask_to_confirm(address_id: int) -> None:
    """Send the link that confirms an address."""
    services.ask_to_confirm(address_id=address_id)


@shared_task
def mail_notice(notice_id: int) -> None:
    """Write of a notice to its person."""
    services.mail_notice(notice_id=notice_id)
