from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "config.public"
    label = "public_pages"

    def ready(self) -> None:
        from config.public import checks  # noqa: F401 - registers itself
