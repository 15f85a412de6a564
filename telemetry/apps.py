from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        """Connect the rooms' receivers."""
        from telemetry import correlation, receivers  # noqa: F401
        from telemetry.costs import receivers as costs  # noqa: F401
        from telemetry.home import service  # noqa: F401
        from telemetry.idempotency import receivers as idempotency  # noqa: F401
        from telemetry.metrics import tasks, workers  # noqa: F401
        from telemetry.requests import receivers as requests  # noqa: F401
        from telemetry.service_levels import receivers as service_levels  # noqa: F401
