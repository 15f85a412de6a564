"""Simulated post histories to train small models on."""

import math
import random

from posts.content import measure_caption
from predictions.engine import AccountHistory, Counts, PublishedPost
from tests.factories import CAPTIONS

DAY = 24 * 3600


def synthetic_histories(accounts: int, posts: int, *, until: int, seed: int = 0) -> list[AccountHistory]:
    """Accounts of different sizes whose posts vary by chance, by hour, and with their caption."""
    draw = random.Random(seed)
    histories = []
    for number in range(accounts):
        level = draw.gauss(5, 1.5)
        published = []
        for index in range(posts):
            posted_at = until - (posts - index) * 2 * DAY - draw.randrange(DAY)
            text = draw.choice(CAPTIONS)
            final = math.exp(level + 0.3 * ("?" in text) + draw.gauss(0, 0.7))
            published.append(
                PublishedPost(
                    post_id=f"{number}-{index}",
                    posted_at=posted_at,
                    caption=measure_caption(text),
                    duration_s=float(draw.randrange(5, 60)),
                    sound="",
                    cover=None,
                    observations=tuple(_counts(posted_at, age_h, final) for age_h in (6, 24, 168)),
                )
            )
        histories.append(AccountHistory(f"account-{number}", math.exp(level + 2), tuple(published)))
    return histories


def _counts(posted_at: int, age_h: int, final: float) -> Counts:
    likes = float(round(final * (1 - math.exp(-age_h / 30))))
    return Counts(posted_at + age_h * 3600, likes, likes // 20, likes // 50, likes * 12)
