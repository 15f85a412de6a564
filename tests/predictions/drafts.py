"""Request forecasts as the pages and the API do."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.forecasts import services


def predict(account: TikTokAccount, **changes: Any) -> services.PredictionResult:
    """Return a forecast of a plain draft, to be published in three hours."""
    draft: dict[str, Any] = {
        "user": account.user,
        "account_id": account.public_id,
        "text": "Sunset at the pier #sunset",
        "hashtags": [],
        "publish_at": timezone.now() + datetime.timedelta(hours=3),
        "duration_s": 20,
        "cover": None,
        "client": "tests",
        "explain": False,
    }
    return services.predict(**(draft | changes))
