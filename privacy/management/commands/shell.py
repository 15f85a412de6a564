"""`manage.py shell --reason "..."`: a Python in which everything can be read and changed."""

from django.core.management.commands import shell

from privacy.trail.staff.commands import OpensEverything


class Command(OpensEverything, shell.Command):
    what = "a shell with access to everything"
