"""Keep the phrases that many creators of a language share: counted anew each day, in Redis and in each process."""

import hashlib
import hmac
from collections import defaultdict
from datetime import timedelta

import structlog
from cachetools import TTLCache
from django.conf import settings
from django.core.cache import cache

from posts.content.language import UNKNOWN
from predictions.captions.selectors import accounts_that_share, captions_by_language
from predictions.captions.writing.shared_phrases import SharedPhrases
from privacy.anonymity.releases import K
from privacy.trail.services import record_run

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=2)
PREFIX = "shared-phrases:"
_READ_AGAIN_S = 600.0

_read = TTLCache[str, SharedPhrases | None](16, _READ_AGAIN_S)


def count_shared_phrases() -> dict[str, int]:
    """Count the phrases of each language anew; return how many accounts each language has that has enough of them."""
    captions: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    accounts = accounts_that_share()
    record_run(what="kept captions, to find phrases that many share", people=len(accounts))
    for account_id in accounts:
        for language, caption in captions_by_language(account_id):
            if language != UNKNOWN:
                captions[language][account_id].append(caption)
    found = {}
    for language, by_account in captions.items():
        shared = SharedPhrases.learn(by_account, k=K, key=_key())
        if shared is None:
            cache.delete(PREFIX + language)
            continue
        cache.set(PREFIX + language, shared.to_bytes(), KEPT_FOR.total_seconds())
        found[language] = shared.accounts
    log.info("shared_phrases_counted", languages=found)
    return found


def shared_phrases(language: str) -> SharedPhrases | None:
    """Return the shared phrases of a language; None where too few people share theirs."""
    if language == UNKNOWN:
        return None
    try:
        return _read[language]
    except KeyError:
        data = cache.get(PREFIX + language)
        shared = SharedPhrases.from_bytes(data) if data else None
        _read[language] = shared
        return shared


def forget_read() -> None:
    """Read shared phrases again when they are next asked for."""
    _read.clear()


def _key() -> bytes:
    return hmac.new(str(settings.SECRET_KEY).encode(), b"predictions.captions.rare", hashlib.sha256).digest()
