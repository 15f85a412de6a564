"""Start Python processes on the test's database, for tests that threads cannot stand in for."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection


def start_process(script: str) -> subprocess.Popen[str]:
    """Start the script in its own process, on the database of this test."""
    url = os.environ["DATABASE_URL"].replace("/postcast", f"/{connection.settings_dict['NAME']}", 1)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": url}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
