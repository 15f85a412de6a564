"""Measure what Postcast costs; `make bench` prints tables, and all figures as one line of JSON.

python -m tests.bench                       everything but the soak, in about a quarter of an hour
python -m tests.bench serving               one of: serving, training, pictures, soak
python -m tests.bench markdown FIGURES.json the tables of a JSON that was written with OUT=, as Markdown

SEED= draws other people and captions; SCALE= makes runs, accounts and the soak longer or shorter, and from 10 on trains
on a million posts; OUT= names a file for the JSON.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from tests.bench import machine, pictures, report, serving, soak, training, works
from tests.bench.offered import Generator
from tests.bench.stack import running_stack

SEED = int(os.environ.get("SEED", "1"))
SCALE = float(os.environ.get("SCALE", "1"))
ACCOUNTS = 1_000
PICTURE_ROUNDS = 10
SCENARIOS = ("serving", "training", "pictures", "soak")


def main() -> None:
    """Measure one thing after the other: they would slow each other down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", choices=(*SCENARIOS, "markdown"))
    parser.add_argument("figures", nargs="?", type=Path)
    arguments = parser.parse_args()
    if arguments.scenario == "markdown":
        if arguments.figures is None:
            parser.error("name the file: python -m tests.bench markdown FIGURES.json")
        print(report.markdown(arguments.figures))
        return
    chosen = (arguments.scenario,) if arguments.scenario else SCENARIOS[:3]
    accounts = max(20, round(ACCOUNTS * min(1.0, SCALE)))
    figures: dict[str, Any] = {"machine": machine.describe(), "seed": SEED, "scale": SCALE, "accounts": accounts}
    # before the servers start, in whose environment it would run
    if "pictures" in chosen:
        figures["pictures"] = pictures.measure(PICTURE_ROUNDS)
    if "training" in chosen:
        figures["training"] = training.measure(SCALE)
    if "serving" in chosen:
        figures |= _serving(accounts)
    if "soak" in chosen:
        figures["soak"] = _soak(accounts)
    report.show(figures)


def _serving(accounts: int) -> dict[str, Any]:
    with running_stack() as stack:
        people, asked = serving.prepare(stack, accounts, SEED)
        stored = works.stored_bytes_per_account(len(people))
        figures = serving.measure(stack, asked, SCALE)
        figures["memory"] = serving.memory(stack)
        figures["cold"] = serving.at_100_a_day(stack, asked)
        figures["engine"] = works.engine_alone(people)
        done = works.measure(stack, people)
    return {"serving": figures, "costs": report.costs(done, figures["rates"], stored)}


def _soak(accounts: int) -> dict[str, Any]:
    with running_stack() as stack:
        _, asked = serving.prepare(stack, accounts, SEED)
        with Generator() as generator:
            guess = serving.guess(generator.offer(stack, asked["text"], rate=14, seconds=5).figures())
            highest, _ = generator.highest_rate(stack, asked["text"], guess=guess, seconds=serving.STEP_SECONDS)
        return soak.measure(stack, asked["text"], highest=highest, scale=SCALE)


if __name__ == "__main__":
    main()
