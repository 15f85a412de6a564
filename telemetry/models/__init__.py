"""The tables of telemetry, one module per room."""

from telemetry.models.background import FailedTask, OutboxMessage
from telemetry.models.idempotency import IdempotentRequest

__all__ = ["FailedTask", "IdempotentRequest", "OutboxMessage"]
