"""End a database that a killed `make run` left behind, before `make clean` removes its folder."""

import sys

from deploy.local.postgres import end_postgres
from deploy.local.run import ROOT, CannotRun, only_one_instance

if __name__ == "__main__":
    try:
        with only_one_instance(ROOT / ".run"):
            end_postgres(ROOT / ".run" / "postgres")
    except CannotRun as error:
        sys.exit(f"Postcast cannot be cleaned up: {error}")
