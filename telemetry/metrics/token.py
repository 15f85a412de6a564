"""The check of readers of metrics: these tell how much the service is used, and are nobody else's business."""

import secrets

from django.conf import settings


def is_allowed(authorization: str) -> bool:
    """Return whether the `Authorization` header has METRICS_TOKEN as its bearer; never without a token configured."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    return bool(settings.METRICS_TOKEN) and secrets.compare_digest(authorization.encode(), expected.encode())
