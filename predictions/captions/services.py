"""Write captions with a creator, and change an account's brand words."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from cachetools import TTLCache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from accounts.linked.services import lock_account
from accounts.models import User
from posts.content.language import UNKNOWN, language_of
from posts.content.pictures import CoverMeasures
from posts.freshness import Freshness
from posts.models import Post
from predictions.captions import endpoint
from predictions.captions.appeals import allowed_words
from predictions.captions.selectors import brand_lists, kept_posts, own_captions
from predictions.captions.shared import shared_phrases
from predictions.captions.styles import stored_style
from predictions.captions.writing.candidates import Candidate, Order
from predictions.captions.writing.moderation import BrandLists, verdicts
from predictions.captions.writing.ranking import Writing, write
from predictions.captions.writing.shared_phrases import SharedPhrases
from predictions.captions.writing.style import Style
from predictions.captions.writing.tokens import without_hashtags
from predictions.captions.writing.voice import OwnCaption, Voice
from predictions.engine import GlobalModel, LearnedAccount, chances_above_usual
from predictions.forecasts.answering import account_to_forecast, answer_for, draft_of
from predictions.models import BrandWords
from privacy.consent.selectors import NoConsent, purposes_of
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

log = structlog.get_logger(__name__)

USUAL_ETA, LARGEST_ETA = 1.0, 10.0
"""Weight of the chance to beat the usual against the log probability per token, both standardised."""

_VoiceKey = tuple[int, int, tuple[tuple[str, float | None], ...]]
_voices = TTLCache[_VoiceKey, Voice](64, 600.0)
"""Voices of people who write just now: derived anew whenever a caption, or how its post did, changes."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Written:
    """Captions, with what they rest on."""

    writing: Writing
    eta: float
    captions: int
    """Own captions that were read."""
    keeps_texts: bool
    """Whether the account's captions are kept at all."""
    endpoint: str
    """"off", "used", or the reason why the operator's language model gave nothing."""
    model_version: str
    data: Freshness
    latency_ms: float


def write_captions(
    *,
    user: User,
    account_id: str | None,
    order: Order,
    publish_at: datetime,
    duration_s: int | None = None,
    cover: CoverMeasures | None = None,
    now: datetime | None = None,
) -> Written:
    """Write captions for the person's account; nothing is stored. `order.brand` adds to the account's own lists.

    Raises NoConsent, AccountNotFound and AccountNotChosen.
    """
    started, now = time.perf_counter(), now or timezone.now()
    account = account_to_forecast(user, account_id)
    agreed = purposes_of(account.user_id)
    if Purpose.WRITING not in agreed:
        raise NoConsent(Purpose.WRITING)
    posts = kept_posts(account.pk, now) if Purpose.DRAFTS in agreed else []
    lists = brand_lists(account.pk)
    brand = BrandLists((*lists.must, *order.brand.must), (*lists.never, *order.brand.never))
    allowed = allowed_words(account.pk, order.brief)
    order = replace(order, brand=brand, allowed=allowed, language=order.language or _language(posts, order))
    others, state = _from_endpoint(order, [post.caption for post in posts])
    shared = shared_phrases(order.language)
    style = stored_style(account.pk) if posts else None

    def compute(model: GlobalModel, learned: LearnedAccount) -> Writing:
        voice = _voice(account.pk, own_captions(posts, learned, now), shared, style)

        def chances(texts: Sequence[str]) -> list[float | None]:
            drafts = [
                draft_of(text=text, hashtags=(), publish_at=publish_at, duration_s=duration_s, cover=cover)
                for text in texts
            ]
            return chances_above_usual(model, learned, drafts, as_of=int(now.timestamp()))

        return write(order, voice, chances, others=others)

    answer = answer_for(account, now, compute)
    return Written(
        writing=answer.result,
        eta=order.eta,
        captions=len(posts),
        keeps_texts=Purpose.DRAFTS in agreed,
        endpoint=state,
        model_version=answer.loaded.name,
        data=answer.data,
        latency_ms=round(1000 * (time.perf_counter() - started), 1),
    )


@transaction.atomic
def set_brand_words(*, account_id: int, lists: BrandLists) -> BrandWords:
    """Replace the account's lists. Raises NoConsent and TikTokAccount.DoesNotExist."""
    account = lock_account(account_id)
    words, _created = BrandWords.objects.update_or_create(
        account=account, defaults={"must": _distinct(lists.must), "never": _distinct(lists.never)}
    )
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="words for your captions")
    return words


def _language(posts: Sequence[Post], order: Order) -> str:
    """Return the language that most of the captions are in; without any, the brief's, or else the page's."""
    languages = [post.content.language for post in posts if post.content.language != UNKNOWN]
    if languages:
        return max(set(languages), key=languages.count)
    return language_of(without_hashtags(order.brief)) or (get_language() or "").partition("-")[0]


def _voice(account_id: int, captions: Sequence[OwnCaption], shared: SharedPhrases | None, style: Style | None) -> Voice:
    key = (account_id, id(shared), tuple((each.text, each.lift) for each in captions))
    with _lock:
        voice = _voices.get(key)
    if voice is None:
        voice = Voice(captions, shared, style)
        with _lock:
            _voices[key] = voice
    return voice


def _from_endpoint(order: Order, captions: Sequence[str]) -> tuple[list[Candidate], str]:
    """Return the candidates of the operator's language model, and "used", "off" or why there are none."""
    if not endpoint.is_offered():
        return [], "off"
    if verdicts(order.brief, allowed=order.allowed):
        # nothing is written with it, and nothing of it leaves
        return [], "refused"
    examples = [text for text in reversed(captions) if not verdicts(text)]
    try:
        return endpoint.ask(order, examples), "used"
    except endpoint.EndpointFailed as failure:
        log.warning("writer_endpoint_failed", reason=failure.reason)
        return [], failure.reason


def _distinct(phrases: Sequence[str]) -> list[str]:
    clean = (" ".join(phrase.split()) for phrase in phrases)
    return list({phrase.casefold(): phrase for phrase in clean if phrase}.values())
