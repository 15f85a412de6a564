"""`manage.py log_name acct_...`: print the name under which an id appears in the logs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.logs import log_name


class Command(BaseCommand):
    help = "Print the names under which ids of accounts, posts, forecasts and refreshes appear in the logs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", nargs="+")

    def handle(self, *, id: list[str], **options: Any) -> None:
        for each in id:
            self.stdout.write(f"{each} {log_name(each)}")
