"""The WSGI entry point for gunicorn."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from config.public.checks import warn_of_missing_operator
from telemetry import tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")


class UTF8Request(WSGIRequest):
    """A request whose query and forms are read as UTF-8, whatever `charset` its `Content-Type` names.

    Django takes any codec of Python's; one that is no text's, such as `zlib`, ends in an error before any middleware.
    """

    @property
    def encoding(self) -> Any:
        """Return None, which stands for Django's default."""
        return None

    @encoding.setter
    def encoding(self, name: Any) -> None:
        """Ignore the name."""


class Handler(WSGIHandler):
    """Django's handler, with such requests."""

    request_class = UTF8Request


django.setup(set_prefix=False)
warn_of_missing_operator()
tracing.start()
application = Handler()
