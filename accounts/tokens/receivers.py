"""Receivers that end a token at once in every process, when its row or its person's changes."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import APIToken, User
from config.rate_limits.remembered import end_what_is_remembered


@receiver([post_save, post_delete], sender=User)
def end_of_person(instance: User, created: bool = False, **_: Any) -> None:
    """Have a person's tokens read again after their row changed, e.g. where staff deactivated them."""
    if not created:
        end_what_is_remembered(instance.pk)


@receiver([post_save, post_delete], sender=APIToken)
def end_of_token(instance: APIToken, created: bool = False, **_: Any) -> None:
    """Have a token read again after its row changed or went."""
    if not created:
        end_what_is_remembered(instance.user_id)
