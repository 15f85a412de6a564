"""Deployment checks: whether people can be written to, and whether the links in e-mail lead here."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.http.request import validate_host


@register(deploy=True)
def mail_is_set(**_: Any) -> list[CheckMessage]:
    """Return a warning without a mail server, and an error for links to a host that this service does not answer to."""
    found: list[CheckMessage] = []
    if not settings.MAIL_OFFERED:
        found.append(
            Warning(
                "MAIL_URL is not set, so nobody can be told anything by e-mail.",
                hint="Set MAIL_URL, MAIL_FROM and PUBLIC_URL; or leave it so: people are told in the app.",
                id="mail.W001",
            )
        )
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if host and not validate_host(host, settings.ALLOWED_HOSTS):
        found.append(
            Error(
                "PUBLIC_URL names a host that is not in ALLOWED_HOSTS: the links in e-mail would be refused.",
                hint="Write the address that people use, e.g. https://postcast.example.com.",
                id="mail.E001",
            )
        )
    return found
