"""`manage.py monitoring`: name the files of deploy/monitoring that are not as they would be rendered, or write them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telemetry.service_levels.files import FOLDER, monitoring_files


class Command(BaseCommand):
    help = "Check that deploy/monitoring is what the service levels and alerts render to, or write it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help=f"write {FOLDER}")

    def handle(self, *, write: bool, **options: Any) -> None:
        for name, text in monitoring_files().items():
            path = Path(settings.BASE_DIR, name)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            elif not path.is_file() or path.read_text(encoding="utf-8") != text:
                raise CommandError(f"{name} is not what is rendered: run `manage.py monitoring --write`.")
