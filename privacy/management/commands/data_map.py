"""`manage.py data_map`: print the data map, or write it where it belongs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from privacy.declarations.documents import document


class Command(BaseCommand):
    help = "Print the data map that the apps declare, or write it to docs/data-map.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/data-map.md")

    def handle(self, *, write: bool, **options: Any) -> None:
        if write:
            (Path(settings.BASE_DIR) / "docs" / "data-map.md").write_text(document(), encoding="utf-8")
        else:
            self.stdout.write(document())
