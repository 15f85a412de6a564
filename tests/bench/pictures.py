"""How long a cover of 12 megapixels takes to measure, and how much memory it adds.

Each kind of file is measured in a process of its own that has measured a small cover before, and so has loaded the
networks. They are exported first; where that cannot be done, embedding and text are left out, and `networks` is 0. The
memory is what the process's largest size grew by.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial

import numpy as np
from PIL import Image

KINDS = ("JPEG", "JPEG, progressive", "PNG", "WebP")
WIDTH, HEIGHT = 4_000, 3_000
_KIB = 1024


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """{kind of file: {MB, p50 ms, p95 ms, p50 CPU ms, MiB added, networks}}; a draft's has colours and nudity too."""
    with tempfile.TemporaryDirectory(prefix="postcast-bench-") as folder:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "PICTURE_NETWORKS_PATH": folder,
        }
        subprocess.run([sys.executable, "manage.py", "export_picture_networks"], env=environment, capture_output=True)
        return {
            kind: _in_its_own_process(kind, rounds, environment)
            for kind in (*KINDS, "JPEG, with text", "JPEG, of a draft")
        }


def _in_its_own_process(kind: str, rounds: int, environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.pictures", kind, str(rounds)]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(run.stdout)
    return figures


def photo(width: int, height: int) -> Image.Image:
    """Draw shapes and shades with the grain of a camera."""
    rng = np.random.default_rng(0)
    shapes = Image.fromarray(rng.integers(0, 256, (height // 250, width // 250, 3), dtype=np.uint8))
    soft = np.asarray(shapes.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = rng.normal(0, 4, (height, width, 1)).astype(np.int16)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str) -> bytes:
    """Return the picture's file."""
    buffer = io.BytesIO()
    format = kind.split(",", maxsplit=1)[0]
    options = {"JPEG": {"quality": 85, "progressive": "progressive" in kind}, "PNG": {"compress_level": 1}}
    image.save(buffer, format, **options.get(format, {}))
    return buffer.getvalue()


def _measure(kind: str, rounds: int) -> dict[str, float]:
    from django.conf import settings

    from posts.content.pictures import (
        EMBEDDING_NETWORK,
        NUDITY_NETWORK,
        WRITING_NETWORK,
        installed_id,
        measure_cover,
        measure_draft_cover,
        use_networks_in,
    )

    use_networks_in(settings.PICTURE_NETWORKS_PATH)
    look = measure_draft_cover if "draft" in kind else partial(measure_cover, with_text="text" in kind)
    # made elsewhere, so that drawing it does not count as the process's largest size
    data = subprocess.run([sys.executable, "-m", "tests.bench.pictures", kind], check=True, capture_output=True).stdout
    look(encoded(photo(320, 320), "JPEG"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken, of_a_core = [], []
    for _ in range(rounds):
        started, used = time.perf_counter(), time.process_time()
        look(data)
        taken.append((time.perf_counter() - started) * 1000)
        of_a_core.append((time.process_time() - used) * 1000)
    return {
        "MB": round(len(data) / 1e6, 1),
        "p50 ms": round(float(np.percentile(taken, 50)), 1),
        "p95 ms": round(float(np.percentile(taken, 95)), 1),
        # what of it one core worked: the rest is waiting for other processes
        "p50 CPU ms": round(float(np.percentile(of_a_core, 50)), 1),
        "MiB added": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / _KIB),
        "networks": sum(bool(installed_id(name)) for name in (EMBEDDING_NETWORK, NUDITY_NETWORK, WRITING_NETWORK)),
    }


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))
    else:
        sys.stdout.buffer.write(encoded(photo(WIDTH, HEIGHT), sys.argv[1]))
