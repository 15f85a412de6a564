"""Prepare the database for `make run`, in one process: starting Django takes longer than the work."""

import os
from pathlib import Path

import django
from django.core.management import call_command

NO_MODEL = "no usable model serves"


def main() -> None:
    """Create the tables and the staff account, as the owner; print NO_MODEL if a first model must be trained."""
    django.setup()
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from accounts.models import User
    from predictions.versions.registry import registry
    from predictions.versions.selectors import champion_id

    call_command("migrate", interactive=False, verbosity=0)
    call_command("grant_service_role", password_file=Path(os.environ["SERVICE_PASSWORD_PATH"]))
    # the password of the first run stays, or is what somebody changed it to since
    if not User.objects.filter(username="staff").exists():
        staff = User.objects.create_superuser("staff", password=os.environ["STAFF_PASSWORD"])
        TOTPDevice.objects.create(user=staff, key=os.environ["STAFF_OTP_KEY"], name="deploy.local.staff_code")
    champion = champion_id()
    if champion is None or registry.serving(champion).version_id != champion:
        print(NO_MODEL)


if __name__ == "__main__":
    main()
