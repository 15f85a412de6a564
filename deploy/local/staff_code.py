"""`python -m deploy.local.staff_code`: print the code that the admin of `make run` asks for now, as a phone would."""

import argparse
from pathlib import Path

from django_otp.oath import totp

from deploy.local.run import ROOT, local_environment


def main() -> None:
    """Print the six digits of this half minute."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".run", help="the folder that everything is kept in")
    key = bytes.fromhex(local_environment(parser.parse_args().data)["STAFF_OTP_KEY"])
    print(f"{totp(key):06d}")


if __name__ == "__main__":
    main()
