from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from privacy import checks  # noqa: F401
        from privacy.consent import receivers as _consent  # noqa: F401
        from privacy.erasure import receivers as _erasure  # noqa: F401
        from privacy.retention import home as _home  # noqa: F401
        from privacy.retention import receivers as _retention  # noqa: F401
        from privacy.trail import receivers as _trail  # noqa: F401
