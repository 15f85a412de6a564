"""An account's style, kept in one row: worked out by a worker when its captions change, read by the writer."""

from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from accounts.linked.services import lock_account
from posts.content.captions import EXTRACTOR_VERSION
from predictions.captions.selectors import kept_posts
from predictions.captions.writing.style import Style
from predictions.captions.writing.voice import FEWEST_CAPTIONS
from predictions.models import CaptionStyle
from privacy.consent.selectors import purposes_of
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.services import record

NEEDED = frozenset({Purpose.SERVICE, Purpose.WRITING, Purpose.DRAFTS})
"""Purposes without which no style is kept."""


@transaction.atomic
def update_style(*, account_id: int, now: datetime | None = None) -> bool:
    """Work the account's style out from its kept captions and store it; return whether there is one.

    Without all of the purposes, or with too few captions, none is kept. Raises NoConsent and
    TikTokAccount.DoesNotExist.
    """
    account = lock_account(account_id)
    posts = kept_posts(account_id, now or timezone.now()) if purposes_of(account.user_id) >= NEEDED else []
    if len(posts) < FEWEST_CAPTIONS:
        CaptionStyle.objects.filter(account=account_id).delete()
        return False
    style = Style.of([(post.caption, post.content.caption_measures) for post in posts])
    row = {
        "encoder": EXTRACTOR_VERSION,
        "captions": style.captions,
        "middle": style.middle.astype("<f4").tobytes(),
        "measures": {
            "topic_spread": style.topic_spread,
            **{name: getattr(style, name).tolist() for name in ("mean", "spread", "surfaces", "distances")},
        },
    }
    if CaptionStyle.objects.filter(account=account_id, **row).exists():
        return True
    CaptionStyle.objects.update_or_create(account=account, defaults=row)
    record(action=AccessEvent.Action.CHANGE, subjects=[account.user_id], what="how your captions are written")
    return True


def stored_style(account_id: int) -> Style | None:
    """Return the account's style; None where there is none, or it was measured by another version. One query."""
    row = CaptionStyle.objects.filter(account=account_id, encoder=EXTRACTOR_VERSION).first()
    if row is None:
        return None
    arrays = {name: np.array(row.measures[name]) for name in ("mean", "spread", "surfaces", "distances")}
    return Style(
        captions=row.captions,
        middle=np.frombuffer(row.middle, "<f4").astype(float),
        topic_spread=float(row.measures["topic_spread"]),
        **arrays,
    )
