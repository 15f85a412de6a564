"""Tasks that go wrong, for a real worker: `celery --app tests.serving.poison worker`."""

import os
import signal
import time
from contextlib import suppress
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded

from config import celery

# tests do not wait half a minute for the last try
celery.RETRY_PAUSES_S = (0, 0)
app = celery.app

LEASE = timedelta(minutes=5)


@app.task(name="tests.poison.raises")
def raises(row: int) -> None:
    raise ValueError(f"no row {row} for 'Jane Doe' <jane@example.com> 7123456789012345678")


@app.task(name="tests.poison.kills")
def kills(row: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="tests.poison.hangs", soft_time_limit=1, time_limit=2)
def hangs(row: int) -> None:
    """Hang as code does that never looks at the signal of the soft limit."""
    with suppress(SoftTimeLimitExceeded):
        time.sleep(60)
    time.sleep(60)


@app.task(name="tests.poison.works")
def works(key: str, seconds: float = 0) -> None:
    from django.core.cache import cache

    time.sleep(seconds)
    cache.set(f"worked:{key}", os.getpid())


@app.task(name="tests.poison.holds")
def holds(pk: int) -> None:
    """Claim the export and do nothing for a minute."""
    from config.jobs import claim
    from privacy.models import DataExport

    assert claim(DataExport.objects.all(), pk, lease=LEASE)
    time.sleep(60)
