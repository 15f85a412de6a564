"""Libraries' commands that change one person's sign-in: recorded."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User
from privacy.models import AccessEvent
from privacy.trail.services import record


class ChangesSignIn(BaseCommand):
    """Stands before a command of the same name that takes a `username`; without one it means whoever runs it."""

    what = ""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        user = User.objects.get(username=options["username"] or getpass.getuser())
        record(action=AccessEvent.Action.CHANGE, subjects=[user.pk], what=self.what)
        return said
