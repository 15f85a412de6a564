"""Middleware of the project."""

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


class LoggedRequestMiddleware(RequestMiddleware):
    """Logs each request without its query, which may hold the names that staff searched for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return method and path."""
        return f"{request.method} {request.path}"
