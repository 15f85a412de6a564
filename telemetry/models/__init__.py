"""The tables of telemetry, one module per room."""

from telemetry.models.background import FailedTask, OutboxMessage
from telemetry.models.idempotency import IdempotentRequest
from telemetry.models.requests import Endpoint, RequestRecord, RouteDay

__all__ = ["Endpoint", "FailedTask", "IdempotentRequest", "OutboxMessage", "RequestRecord", "RouteDay"]
