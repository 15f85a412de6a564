from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import erasure, purging, receivers, roles, sessions  # noqa: F401
