"""Measures of captions that this worker measured lately: a draft is forecast again and again while it is worked on.

No caption is kept, only what was measured of it, under a digest whose key this process made and tells nobody.
"""

import secrets
import threading
from collections.abc import Sequence
from hashlib import blake2b

from cachetools import TTLCache
from prometheus_client import Counter

from posts.content.captions import CaptionMeasures, measure_caption

MOST = 2_048
"""Captions in each worker; the measures of one take about two kilobytes."""
MAX_AGE_S = 600.0
LOOKUPS = Counter("postcast_caption_memory_lookups_total", "Captions asked of a worker's memory.", ["found"])

_KEY = secrets.token_bytes(32)
_lately = TTLCache[bytes, CaptionMeasures](MOST, MAX_AGE_S)
_lock = threading.Lock()


def measure_draft(text: str, hashtags: Sequence[str] = ()) -> CaptionMeasures:
    """Return what `measure_caption` returns; within minutes a caption is measured once. The embedding is read-only."""
    key = _digest(text, hashtags)
    with _lock:
        _lately.expire()
        measures = _lately.get(key)
    LOOKUPS.labels("yes" if measures else "no").inc()
    if measures is None:
        measures = measure_caption(text, hashtags)
        measures.embedding.setflags(write=False)
        with _lock:
            _lately[key] = measures
    return measures


def _digest(text: str, hashtags: Sequence[str]) -> bytes:
    digest = blake2b(key=_KEY)
    for part in (text, *hashtags):
        encoded = part.encode("utf-8", "surrogatepass")
        # each with its length, or two drafts could be written alike
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.digest()
