"""`manage.py verify_access_trail`: check the chain of the access trail."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.numbers import whole_number
from privacy.trail.anchors import read_anchors
from privacy.trail.chain import START, Anchor, TrailBroken, seal, verify
from privacy.trail.keys import verify_keys


class Command(BaseCommand):
    help = "Check the access trail for edits, deletions, reorderings, truncation and forks, and people's keys in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="a head from the log (trail_anchor), besides those in TRAIL_ANCHOR_PATH; may be given several times",
        )

    def handle(self, *, anchor: list[str], **options: Any) -> None:
        from_log = [_read(each) for each in anchor]
        # what was written since the last minute is checked too
        seal()
        try:
            anchors = [*read_anchors(), *from_log]
            head = verify(anchors)
            keys = verify_keys()
        except TrailBroken as error:
            raise CommandError(str(error)) from error
        counted = f"{head.position} events, {len(anchors)} anchors, {keys} keys"
        self.stdout.write(f"The trail is whole: {counted}, head {head.hash}.")


def _read(anchor: str) -> Anchor:
    position, _, digest = anchor.partition(":")
    number = whole_number(position)
    if number is None or len(digest) != len(START):
        raise CommandError(f"{anchor!r} is no anchor: expected POSITION:HASH as in the log.")
    return Anchor(number, digest)
