"""`manage.py changepassword NAME`: Django's, recorded."""

from django.contrib.auth.management.commands import changepassword

from accounts.staff.recorded_commands import ChangesSignIn


class Command(ChangesSignIn, changepassword.Command):
    what = "password"
