"""`make prove`: runs every test marked `prove` and prints the figures that they recorded, as a table and as JSON.

A proof records a figure with pytest's own `record_property("figure", value)`.
"""

import json
import sys

import pytest
from rich.console import Console
from rich.table import Table

from tests.prove import SCALE, SEED


class Figures:
    """Collects what the proofs recorded."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One row per proof, with its outcome."""
        if report.when == "call" or report.failed:
            figures = dict(report.user_properties)
            name = report.nodeid.removeprefix("tests/")
            self.rows.append(
                {"proof": name, "outcome": report.outcome, "seconds": round(report.duration, 1), **figures}
            )


def main() -> int:
    """Run the proofs; returns pytest's exit status."""
    figures = Figures()
    status = pytest.main(
        ["-m", "prove", "-q", "--show-capture=no", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[figures]
    )
    table = Table("proof", "outcome", "s", "figures", title=f"seed {SEED}, scale {SCALE:g}")
    for row in figures.rows:
        shown = {key: value for key, value in row.items() if key not in ("proof", "outcome", "seconds")}
        table.add_row(
            str(row["proof"]), str(row["outcome"]), str(row["seconds"]), "\n".join(f"{k} {v}" for k, v in shown.items())
        )
    Console(width=140).print(table)
    print(json.dumps({"seed": SEED, "scale": SCALE, "proofs": figures.rows}))
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
