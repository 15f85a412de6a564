"""`make bench`: prints the performance figures as tables, then all of them as one line of JSON."""

import argparse
import json

from rich.console import Console
from rich.table import Table

from tests.bench import serving, training

console = Console(width=100)


def main() -> None:
    """Measure one thing after the other: they would slow each other down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="forecasts of each kind")
    rounds: int = parser.parse_args().rounds
    figures = {"forecast": serving.measure(rounds), "training": training.measure()}
    show(f"A forecast, ms, {rounds} rounds, {serving.POSTS} posts of history", figures["forecast"])
    show("Training the global model", figures["training"])
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
