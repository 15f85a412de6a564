"""Record libraries' commands that change how one person signs in."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User
from privacy.models import AccessEvent
from privacy.trail.services import record


class ChangesSignIn(BaseCommand):
    """Mixin for a command that takes a `username`, by default the name of whoever runs it: records `what` it did."""

    what = ""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str | None:
        output = super().handle(*args, **options)
        user = User.objects.get(username=options["username"] or getpass.getuser())
        record(action=AccessEvent.Action.CHANGE, subjects=[user.pk], what=self.what)
        return output
