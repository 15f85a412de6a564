from django.apps import AppConfig
from django.conf import settings


class PostsConfig(AppConfig):
    name = "posts"

    def ready(self) -> None:
        from posts.content.pictures import use_networks_in
        from posts.imports import retention_rules  # noqa: F401
        from posts.imports import tasks as import_tasks  # noqa: F401
        from posts.ingest import figures, home, person, receivers, tasks  # noqa: F401

        use_networks_in(settings.PICTURE_NETWORKS_PATH)
