"""Tables of telemetry."""

from telemetry.models.idempotency import IdempotentRequest

__all__ = ["IdempotentRequest"]
