"""Django's commands with which everybody's data can be read or changed: they ask why, and are recorded.

Whoever runs the service can get around them, by a program of their own or by PostgreSQL's: what they do here is seen by
the people concerned.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import trail
from privacy.models import AccessEvent
from privacy.reasons import ReasonForm


class OpensEverything(BaseCommand):
    """Stands before Django's own command of the same name."""

    action = AccessEvent.Action.CHANGE
    what = ""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--reason", required=True, help="why you need to see people's data: each of them can read it in the trail"
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        form = ReasonForm({"reason": options["reason"]})
        if not form.is_valid():
            raise CommandError(" ".join(map(str, form.errors["reason"])))
        why = form.cleaned_data["reason"]
        trail.record(action=self.action, subjects=trail.everybody(), what=self.what, why=why)
        return super().execute(*args, **options)
