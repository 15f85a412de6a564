"""What the project does around every request."""

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


class LoggedRequestMiddleware(RequestMiddleware):
    """Logs each request without its query: whom staff searched for is no log's business."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
