"""What a session keeps of how somebody signed in: when and by what, and not TikTok's id of them."""

from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(authentication_step_completed)
def forget_the_id(request: HttpRequest, **_: Any) -> None:
    """Allauth has just written it, for a look at the record of sign-ins that nobody takes here."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    without = [{key: value for key, value in record.items() if key != "uid"} for record in records]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = without
