"""Django's commands that can read or change everybody's data: they demand a reason, and are recorded.

An operator can get around them, with a program of their own or PostgreSQL's. People can see what is done here.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.models import AccessEvent
from privacy.trail.reasons import ReasonForm
from privacy.trail.selectors import everybody
from privacy.trail.services import record


class OpensEverything(BaseCommand):
    """Mixin for a command that replaces Django's own of the same name."""

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
        record(action=self.action, subjects=everybody(), what=self.what, why=why)
        return super().execute(*args, **options)
