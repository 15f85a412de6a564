"""`manage.py dbshell --reason "..."`: the database's own prompt."""

from django.core.management.commands import dbshell

from privacy.trail.staff.commands import OpensEverything


class Command(OpensEverything, dbshell.Command):
    what = "the database's own prompt, with access to everything"
