"""`manage.py costs`: print what forecasts and accounts cost, for a measurement and list prices."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from telemetry.costs.measurement import MEASUREMENT, read_measurement
from telemetry.costs.prices import PRICES, read_prices
from telemetry.costs.tables import tables


class Command(BaseCommand):
    help = "Print the tables of docs/costs.md: what forecasts and accounts cost. Needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--measurement", type=Path, default=MEASUREMENT, help="JSON of tests/bench/costs.py")
        parser.add_argument("--prices", type=Path, default=PRICES, help="TOML like the one in telemetry/costs")

    def handle(self, *, measurement: Path, prices: Path, **options: Any) -> None:
        try:
            self.stdout.write(tables(read_measurement(measurement), read_prices(prices)), ending="")
        except (OSError, ValidationError, ValueError) as error:
            raise CommandError(f"The measurement or the prices cannot be read: {error}") from error
