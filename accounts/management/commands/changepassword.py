"""`manage.py changepassword NAME`: change a password (Django's command, recorded)."""

from django.contrib.auth.management.commands import changepassword

from accounts.staff.recorded_commands import ChangesSignIn


class Command(ChangesSignIn, changepassword.Command):
    what = "password"
