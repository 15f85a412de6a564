"""`manage.py export_picture_network`: write the network that embeds covers; needs torch, torchvision, onnx."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from posts.content.pictures.exporting import CannotExport, export_embedding_network


class Command(BaseCommand):
    help = "Write the network that embeds covers, as an ONNX file with a manifest. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--weights", type=Path, metavar="FILE.pth",
            help="torchvision's MobileNetV2 weights; default: those of an installed package, else torchvision's loader",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: the setting PICTURE_NETWORKS_PATH")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["out"] or (Path(settings.PICTURE_NETWORKS_PATH) if settings.PICTURE_NETWORKS_PATH else None)
        if folder is None:
            raise CommandError("nowhere to write: set PICTURE_NETWORKS_PATH, or give --out FOLDER.")
        try:
            manifest = export_embedding_network(folder, options["weights"])
        except (CannotExport, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{folder}: {json.dumps(manifest, indent=2)}")
