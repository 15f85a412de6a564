"""`manage.py loaddata --reason "..."`: rows from a file, whosever they are."""

from django.core.management.commands import loaddata

from privacy.trail.staff.commands import OpensEverything


class Command(OpensEverything, loaddata.Command):
    what = "rows read in from a file, of anybody"
