"""`manage.py measure PICTURE ... [--json]`: what is measured of pictures; needs no database."""

import json
import os
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from posts.content.pictures import (
    EMBEDDING_NETWORK,
    MAX_COVER_BYTES,
    CoverMeasures,
    UnreadableImage,
    installed_id,
    measure_cover,
)
from posts.content.pictures.measures import upright_crop

NO_NETWORK = "No embedding: no network is installed. `manage.py export_picture_networks` makes one."


class Command(BaseCommand):
    help = "Print what is measured of pictures (JPEG, PNG, WebP, GIF). Needs no database; keeps nothing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
        parser.add_argument("--json", action="store_true", help="an object a line, with `path` and measures or `error`")

    def handle(self, *args: Any, **options: Any) -> None:
        read = 0
        for path in options["pictures"]:
            try:
                measured = _as_json(measure_cover(_bytes(path), with_text=True))
                read += 1
            except UnreadableImage as error:
                measured = {"error": str(error)}
            except OSError as error:
                measured = {"error": f"The file cannot be read: {error.strerror or error}."}
            # a name that is not UTF-8 can be printed too
            row = {"path": os.fsencode(path).decode("utf-8", "replace"), **measured}
            self.stdout.write(json.dumps(row, allow_nan=False) if options["json"] else _table(row))
            self.stdout.flush()
        if not installed_id(EMBEDDING_NETWORK):
            self.stderr.write(NO_NETWORK)
        if not read:
            raise CommandError("none of the pictures could be read.")


def _bytes(path: Path) -> bytes:
    """Return the file's content, as much of it as tells that it is too large."""
    if path.exists() and not path.is_file():
        raise UnreadableImage("This is no file; expected a JPEG, PNG, WebP or GIF picture.")
    with path.open("rb") as file:
        return file.read(MAX_COVER_BYTES + 1)


def _as_json(measures: CoverMeasures) -> dict[str, Any]:
    row = asdict(measures)
    row["embedding"] = None if measures.embedding is None else measures.embedding.tolist()
    if measures.width and measures.height:
        names = ("left", "top", "width", "height")
        row["crop"] = dict(zip(names, upright_crop(measures.width, measures.height), strict=True))
    return row


def _table(row: dict[str, Any]) -> str:
    lines = [row.pop("path")]
    for name, value in row.items():
        if name == "embedding":
            shown = "none" if value is None else f"{len(value)} numbers"
        elif name == "crop":
            shown = "{width} x {height} from {left}, {top}".format(**value)
        else:
            shown = "none" if value in (None, "") else f"{value:.3f}" if isinstance(value, float) else str(value)
        lines.append(f"  {name:14} {shown}")
    return "\n".join(lines)
