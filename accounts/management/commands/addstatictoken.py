"""`manage.py addstatictoken NAME`: add a recovery code for a member of staff (django-otp's command, recorded)."""

from django_otp.plugins.otp_static.management.commands import addstatictoken

from accounts.staff.recorded_commands import ChangesSignIn


class Command(ChangesSignIn, addstatictoken.Command):  # type: ignore[misc]
    what = "second factor: a recovery code was added"
