"""`manage.py dumpdata --reason "..."`: a file with everybody's rows."""

from django.core.management.commands import dumpdata

from privacy.models import AccessEvent
from privacy.trail.staff.commands import OpensEverything


class Command(OpensEverything, dumpdata.Command):
    action = AccessEvent.Action.READ
    what = "a file with everything, or a part of it"
