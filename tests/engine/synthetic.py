"""Small accounts with known effects, for the engine's tests."""

import math

import numpy as np

from posts.content.captions import CaptionMeasures, measure_caption
from predictions.engine import AccountHistory, Counts, Draft, PublishedPost

DAY = 86_400
START = 1_700_000_000 // DAY * DAY
CAPTIONS = [
    measure_caption(text)
    for text in (
        "Sunset at the pier #sunset #photography",
        "What would you cook with this? Tell me! #cooking",
        "Dance with us 💃 #dance #fyp",
        "Long story about how the old workshop burned down and what we found there afterwards",
        "",
    )
]


def share_at(age: int) -> float:
    """Of the final count, at an age in seconds."""
    return 1 - math.exp(-((age / (40.7 * 3600)) ** 0.7))


def account(
    name: str, posts: int = 30, *, seed: int = 0, level: float = 6.0, noise: float = 0.8, caption_effect: float = 0.0,
    favourite: int = 0, observed: tuple[int, ...] = (DAY,), followers: float = 5_000.0, step: int = DAY,
) -> AccountHistory:  # fmt: skip
    """Posts a `step` apart with some jitter, whose favourite caption does `caption_effect` (log units) better."""
    random = np.random.default_rng([seed, *name.encode()])
    made = []
    for i in range(posts):
        kind = int(random.integers(len(CAPTIONS)))
        posted_at = START + i * step + int(random.integers(step // 3))
        final = level + random.normal() * noise + (caption_effect if kind == favourite else 0.0)
        made.append(
            post(
                f"{name}-{i}", posted_at, math.exp(final) / 0.5, kind, observed, duration=float(random.integers(5, 60))
            )
        )
    return AccountHistory(name, followers, tuple(made))


def post(
    post_id: str,
    posted_at: int,
    final: float,
    kind: int = 0,
    observed: tuple[int, ...] = (DAY,),
    *,
    duration: float = 15.0,
) -> PublishedPost:
    """A post that ends with `final` likes, observed at the given ages (seconds)."""
    observations = []
    for age in observed:
        likes = round(final * share_at(age))
        observations.append(Counts(posted_at + age, likes, likes // 50, likes // 100, likes * 10))
    return PublishedPost(post_id, posted_at, CAPTIONS[kind], duration, f"sound {kind}", None, tuple(observations))


def draft(publish_at: int, kind: int = 0, caption: CaptionMeasures | None = None) -> Draft:
    return Draft(publish_at, caption or CAPTIONS[kind], 15.0, f"sound {kind}", None)


def population(accounts: int = 24, posts: int = 30, *, name: str = "account", seed: int = 1) -> list[AccountHistory]:
    """Accounts of all sizes, each with a kind of caption that does a factor of three better for it alone."""
    return [
        account(
            f"{name}{i}", posts, seed=seed, level=3.0 + (i % 9) * 0.7, followers=10.0 ** (2 + i % 9 / 2),
            caption_effect=1.1, favourite=i % len(CAPTIONS),
        )
        for i in range(accounts)
    ]  # fmt: skip


def end_of(history: AccountHistory) -> int:
    return max(p.posted_at for p in history.posts) + 2 * DAY
