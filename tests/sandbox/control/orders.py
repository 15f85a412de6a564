"""The request bodies of the control API. A missing member keeps the current value or takes its default here."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tests.sandbox.simulation import captions

Share = Field(0.5, ge=0, le=1)


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockOrder(_Order):
    advance_s: float = Field(0, ge=0)
    speed: float | None = Field(None, ge=0)


class TokensOrder(_Order):
    access_s: float | None = Field(None, gt=0)
    refresh_s: float | None = Field(None, gt=0)
    code_s: float | None = Field(None, gt=0)
    expire_access: bool = False
    creator: str = ""


class LimitsOrder(_Order):
    per_minute: int = Field(ge=0)


class WebhooksOrder(_Order):
    url: str | None = None
    duplicate: bool | None = None


class SendOrder(_Order):
    event: str
    creator: str
    content: dict[str, Any] = {}


class DisconnectOrder(_Order):
    creator: str
    reason: int = Field(1, ge=0, le=5)


class Cover(_Order):
    brightness: float = Share
    saturation: float = Share
    contrast: float = Share


class DraftOrder(_Order):
    creator: str
    caption: str = Field("", max_length=captions.MAX_PUBLISHED)
    hashtags: tuple[str, ...] = ()
    duration_s: int | None = Field(None, ge=1, le=3600)
    posted_at: int | None = None
    cover: Cover | None = None


class EffectOrder(_Order):
    before: DraftOrder
    after: DraftOrder


class PostOrder(_Order):
    id: str


class FallOrder(PostOrder):
    share: float = Field(0.5, gt=0, le=1)


class ListOrder(_Order):
    pinned: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()


class ShiftOrder(_Order):
    creator: str = ""
    hours: float = 0.0
    level: float = 0.0
