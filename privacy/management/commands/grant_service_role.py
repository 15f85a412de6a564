"""`manage.py grant_service_role`: as the owner of the tables, after each `migrate`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from privacy.trail import service_role


class Command(BaseCommand):
    help = "Let the service connect as a role that may use every table, and of the access trail only add and read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password-file", type=Path, help="the role's password from now on; without it, it stays")

    @transaction.atomic
    def handle(self, *, password_file: Path | None, **options: Any) -> None:
        service_role.make_role()
        if password_file:
            service_role.set_password(password_file.read_text(encoding="utf-8").strip())
        try:
            service_role.give_privileges()
        except service_role.RoleTooMighty as error:
            raise CommandError(str(error)) from error
