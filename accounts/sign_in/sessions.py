"""Keep TikTok's id of a person out of their session."""

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(authentication_step_completed)
def forget_the_id(request: HttpRequest, **_: Any) -> None:
    """Take the id out of allauth's record of how the person signed in; nothing here reads it."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    without = [{key: value for key, value in record.items() if key != "uid"} for record in records]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = without
