"""`make bench`: prints the performance figures as tables, then all of them as one line of JSON."""

import argparse
import json

from rich.console import Console
from rich.table import Table

from tests.bench import pictures, serving, training

console = Console(width=100)
PICTURE_ROUNDS = 30


def main() -> None:
    """Measure one thing after the other: they would slow each other down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="forecasts of each kind")
    rounds: int = parser.parse_args().rounds
    # before the servers start, in whose environment it would run
    covers = pictures.measure(min(rounds, PICTURE_ROUNDS))
    figures = {"forecast": serving.measure(rounds), "training": training.measure(), "pictures": covers}
    show(f"A forecast, ms, {rounds} rounds, {serving.POSTS} posts of history", figures["forecast"])
    show("Training the global model", figures["training"])
    show(f"Measuring a cover of {pictures.WIDTH} x {pictures.HEIGHT} pixels", figures["pictures"])
    print(json.dumps(figures))


def show(title: str, rows: dict[str, dict[str, float]]) -> None:
    """One table; every row has the same columns."""
    columns = next(iter(rows.values()))
    table = Table("", *columns, title=title)
    for name, values in rows.items():
        table.add_row(name, *(f"{value:g}" for value in values.values()))
    console.print(table)


if __name__ == "__main__":
    main()
