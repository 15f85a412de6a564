"""`manage.py verify_access_trail`: is the access trail whole?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.trail import anchors as trail_anchors
from privacy.trail import chain as trail_chain


class Command(BaseCommand):
    help = "Go through the access trail and find an edit, a deletion, a reordering, a truncation or a fork."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="a head from the log (trail_anchor), besides those in TRAIL_ANCHOR_PATH; may be given several times",
        )

    def handle(self, *, anchor: list[str], **options: Any) -> None:
        given = [_read(each) for each in anchor]
        try:
            known = [*trail_anchors.read_anchors(), *given]
            head = trail_chain.verify(known)
        except trail_chain.TrailBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The trail is whole: {head.position} events, {len(known)} anchors, head {head.hash}.")


def _read(anchor: str) -> trail_chain.Anchor:
    position, _, digest = anchor.partition(":")
    if not position.isdecimal() or len(digest) != len(trail_chain.START):
        raise CommandError(f"{anchor!r} is no anchor: expected POSITION:HASH as in the log.")
    return trail_chain.Anchor(int(position), digest)
