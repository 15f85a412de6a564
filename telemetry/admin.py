"""The rooms' admins, where Django looks for them."""

from telemetry.idempotency import admin as idempotency  # noqa: F401
