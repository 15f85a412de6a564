"""The limits: one environment variable each, with its default and what it counts."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, Field

SHAPE = "at most so many per sec, min, hour or day, e.g. 120/min"
WINDOWS_S = {"sec": 1, "min": 60, "hour": 3_600, "day": 86_400}
_PATTERN = rf"^[1-9][0-9]{{0,6}}/({'|'.join(WINDOWS_S)})$"


class Limit(StrEnum):
    """A limit; `RATE_LIMIT_<NAME>` sets it."""

    PREDICT = "predict"
    FORECAST = "forecast"
    DRAFT = "draft"
    COMPARE = "compare"
    DEMO = "demo"
    UPLOAD = "upload"
    REFRESH = "refresh"
    EXPORT = "export"
    IMPORT = "import"
    BATCH = "batch"
    SHARE = "share"
    SHARED = "shared"
    TOKEN = "token"  # noqa: S105 - a name
    CHANGE = "change"
    SIGN_IN = "sign_in"
    PASSWORD = "password"  # noqa: S105 - a name
    SECOND_FACTOR = "second_factor"
    REFUSED = "refused"
    WEBHOOK = "webhook"
    USER = "user"
    ANON = "anon"
    PAGE = "page"

    @property
    def variable(self) -> str:
        """Return the environment variable's name in lower case."""
        return f"rate_limit_{self}"

    @property
    def counted(self) -> str:
        """Return what it counts, in words for people, e.g. "forecasts"."""
        return str(RateLimitVariables.model_fields[self.variable].title)


def _limit(default: str, counted: str, whose: str) -> Any:
    return Field(default, pattern=_PATTERN, title=counted, description=f"{counted} {whose}: {SHAPE}")


class RateLimitVariables(BaseModel):
    """The environment variables of the limits, in lower case."""

    rate_limit_predict: str = _limit("120/min", "forecasts", "of one person, in the API and the composer together")
    rate_limit_forecast: str = _limit("240/min", "forecasts that are not recorded", "of one person, while they write")
    rate_limit_draft: str = _limit(
        "120/min", "changes of drafts", "of one person, in the API and on their pages together"
    )
    rate_limit_compare: str = _limit("60/min", "comparisons and ideas", "of one person")
    rate_limit_demo: str = _limit("240/min", "drafts tried in the demo", "of one person, or of one IP address")
    rate_limit_upload: str = _limit("60/min", "pictures and measured captions", "of one person")
    rate_limit_refresh: str = _limit("20/hour", "refreshes", "of one person")
    rate_limit_export: str = _limit("5/day", "copies of your data", "of one person")
    rate_limit_import: str = _limit("20/hour", "files brought", "of one person")
    rate_limit_batch: str = _limit("120/min", "batches of posts", "of one person")
    rate_limit_share: str = _limit("60/hour", "new links", "of one person")
    rate_limit_shared: str = _limit("120/min", "shared links opened", "by one person, or from one IP address")
    rate_limit_token: str = _limit("60/hour", "new API tokens", "of one person")
    rate_limit_change: str = _limit(
        "60/hour", "consents given, experiments started, erasures asked for and webhooks tried", "of one person"
    )
    rate_limit_sign_in: str = _limit("20/min", "sign-ins begun", "by one person, or from one IP address")
    rate_limit_password: str = _limit("20/min", "passwords tried", "for one name, and from one IP address")
    rate_limit_second_factor: str = _limit("20/min", "codes tried", "for one person, and from one IP address")
    rate_limit_refused: str = _limit(
        "60/min", "API calls without a valid sign-in or token", "from one IP address, which are then refused with 429"
    )
    rate_limit_webhook: str = _limit("60/min", "webhooks with a wrong signature", "from one IP address")
    rate_limit_user: str = _limit("600/min", "API calls", "of one person")
    rate_limit_anon: str = _limit("60/min", "API calls", "without a sign-in from one IP address")
    rate_limit_page: str = _limit("600/min", "pages", "for one person, or one IP address without a sign-in")

    def rate_limits(self) -> dict[str, str]:
        """Return {limit: rate} for Django's setting RATE_LIMITS."""
        return {limit.value: getattr(self, limit.variable) for limit in Limit}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `amount` in any `window_s` seconds."""

    amount: int
    window_s: int

    def __str__(self) -> str:
        unit = next(name for name, seconds in WINDOWS_S.items() if seconds == self.window_s)
        words = {"sec": "a second", "min": "a minute", "hour": "an hour", "day": "a day"}
        return f"{self.amount} {words[unit]}"


@lru_cache(maxsize=256)
def parse_rate(text: str) -> Rate:
    """Return the rate that e.g. `120/min` says; raises ValueError for anything without that shape."""
    if not re.fullmatch(_PATTERN, text):
        raise ValueError(f"{text!r} is no rate; expected {SHAPE}")
    amount, _, unit = text.partition("/")
    return Rate(int(amount), WINDOWS_S[unit])
