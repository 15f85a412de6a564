"""`manage.py evaluate_writer_training FILE`: whether a small transformer predicts a creator's later captions better."""

from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from predictions.engine.data.csv_cells import BadHistoryFile


class Command(BaseCommand):
    help = (
        "Train a small transformer on the captions of a post history file, adapt it to each creator in four ways, and "
        "compare bits per byte of later captions with the n-grams that write. Stores nothing. Needs torch, no database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="post histories (CSV, plain or gzip)")
        parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="figures are means over them (default 0)")

    def handle(self, *, file: Path, seeds: list[int], **_: Any) -> None:
        if find_spec("torch") is None:
            raise CommandError("torch is not installed; requirements/torch.txt names it.")
        from predictions.captions.training.corpus import bytes_of, read_creators
        from predictions.captions.training.evaluation import BASE, NGRAMS, OWN, PARTS, RECIPES, VOICE, Figures, evaluate
        from predictions.captions.training.tuning import Way

        try:
            creators = read_creators(file)
        except (BadHistoryFile, OSError) as error:
            raise CommandError(str(error)) from error
        if len(creators) < 2 * PARTS:
            raise CommandError(f"fewer than {2 * PARTS} creators have enough captions.")
        figures: Figures = evaluate(creators, seeds, self.stderr.write)
        later = [words for each in creators for words in each.later]
        self.stdout.write(
            f"{len(creators)} creators, {sum(len(each.earlier) for each in creators)} earlier captions, {len(later)} "
            f"later ones of {sum(map(bytes_of, later))} bytes; {figures.values} values. Bits per byte:"
        )
        self._tell(figures, [VOICE, OWN, NGRAMS, BASE, *Way], VOICE)
        self._tell(figures, [NGRAMS, BASE, *Way, *(f"{NGRAMS} + {each}" for each in (BASE, *Way))], NGRAMS)
        self._tell(figures, [f"{NGRAMS} + {each}" for each in (BASE, *Way)], f"{NGRAMS} + {BASE}")
        self._tell(figures, [BASE, *Way], BASE)
        self._tell(figures, [*Way], Way.RANDOM)
        by_seed = ", ".join(f"{mean:+.4f}" for mean in figures.by_seed(Way.GRADIENT, Way.RANDOM))
        self.stdout.write(f"{Way.GRADIENT} against {Way.RANDOM} by seed: {by_seed}")
        for above in (False, True):
            self._tell(figures, [BASE + suffix for suffix in RECIPES], BASE, above=above)
        self.stdout.write(f"\n{'':28}{'trained':>9}{'changed':>9}{'MB':>7}{'CPU s':>7}{'epochs':>8}")
        for way, adapted in figures.adapted.items():
            means = np.mean([(a.trained, a.changed, a.bytes / 1e6, a.seconds, a.epochs) for a in adapted], axis=0)
            self.stdout.write("{:28}{:9.0f}{:9.0f}{:7.2f}{:7.2f}{:8.1f}".format(way, *means))

    def _tell(self, figures: Any, models: list[str], against: str, *, above: bool = False) -> None:
        captions = ", captions above the level" if above else ""
        self.stdout.write(f"\n{'':28}{'score':>8}  against {against}, 95 % interval{captions}")
        for f in figures.compare(models, against, above=above):
            self.stdout.write(f"{f.name:28}{f.score:8.3f}  {f.difference:+.3f} [{f.low:+.3f}, {f.high:+.3f}]")
