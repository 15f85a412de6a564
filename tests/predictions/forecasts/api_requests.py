"""Requests of POST /predict: the contract's sample, pictures, forms."""

import datetime
import io
import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

ROUTES = ["/api/v1/predict", "/predict"]


def in_hours(number: float) -> str:
    """Return the moment `number` hours ahead, as the API writes it."""
    return (timezone.now() + datetime.timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sample(account=None, **post) -> dict[str, Any]:
    """Return the contract's sample request; `post` replaces members of its post."""
    request = {
        "post": {
            "text": "Sunset at the pier #sunset #photography",
            "scheduled_time_utc": in_hours(3),
            "hashtags": ["sunset", "photography"],
            "location": {"lat": 49.2827, "lon": -123.1207},
            "metadata": {"client": "web-v0.9", "platform": "ios"},
            **post,
        },
        "explain": True,
    }
    return request | ({"account_id": account.public_id} if account else {})


def picture(kind: str = "JPEG") -> bytes:
    """Return a small picture as a file of this kind."""
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(data, kind)
    return data.getvalue()


def post_form(client: APIClient, payload: object, *media: tuple[str, bytes], route: str = ROUTES[0]):
    """Post the payload and pictures as a multipart form."""
    files = [SimpleUploadedFile(name, data) for name, data in media]
    return client.post(route, {"payload": json.dumps(payload), "media": files}, format="multipart")
