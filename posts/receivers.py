"""What posts does when another app tells of something."""

from typing import Any

from django.dispatch import receiver

from accounts.signals import account_connected, texts_unwanted
from posts.models import Post
from posts.services import request_refresh


@receiver(account_connected)
def refresh_connected_account(account_id: int, **_: Any) -> None:
    """Every sign-in fetches the account and its posts."""
    request_refresh(account_id=account_id)


@receiver(texts_unwanted)
def erase_captions(user_id: int, **_: Any) -> None:
    """The measures stay, the text goes."""
    Post.objects.filter(account__user=user_id).exclude(caption="").update(caption="")
