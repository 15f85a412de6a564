"""Background work of signing in; somebody waits for it."""

from celery import shared_task

from accounts.sign_in import services


@shared_task
def exchange_code(key: str) -> None:
    """Ask TikTok for the grant of a sign-in that waits; `key` is of `accounts.sign_in.room`. A code is used once."""
    services.exchange(key)
