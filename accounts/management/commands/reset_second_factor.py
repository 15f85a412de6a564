"""`manage.py reset_second_factor NAME`: reset it for staff who lost their device and their recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.staff.second_factor import reset


class Command(BaseCommand):
    help = "Let a member of staff enrol a second factor anew, after their next password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name, is_staff=True).first()
        if user is None:
            raise CommandError(f"There is no member of staff called {name!r}.")
        reset(user)
        self.stdout.write(f"{name} is asked to set up a second factor after the next password.")
