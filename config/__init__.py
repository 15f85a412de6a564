"""The project's settings, urls and entry points; it knows no domain rule."""

import os

# A prediction is a few milliseconds of CPU work in one of many processes: a thread pool in each of them would only make
# them fight over the cores. Read by NumPy and LightGBM when they are loaded, so it is set before. Training, too, sums
# in one order, whatever the machine.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
