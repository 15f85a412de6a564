from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        """Connect the rooms' receivers."""
        import telemetry.idempotency.receivers  # noqa: F401
