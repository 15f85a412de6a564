"""Accounts whose audiences react in a known way, and drafts, for the tests of advice."""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.pictures import CoverMeasures
from predictions.engine import AccountHistory, Counts, Draft, GlobalModel, LearnedAccount, PublishedPost, learn_account
from predictions.engine.types import DAY, HOUR

START = 1_700_000_000 // DAY * DAY  # a Tuesday
TAGS = ("cooking", "fyp", "pasta", "werbung")
_BODIES = (
    "Pasta tonight", "Would you eat this?", "Slow Sunday lunch with everybody at the long table 😋",
    "The sauce that took my grandmother three days, two pots, and all of her patience with us", "Best bread",
    "Awful morning, burnt the onions again 😭😭", "What goes into your soup? Tell me in the comments", "New pan",
)  # fmt: skip

measured = cache(measure_caption)

Effect = Callable[[PublishedPost], float]
"""Of a post on its likes, log units."""


def creator(
    effect: Effect = lambda post: 0.0, *, name: str = "creator", posts: int = 150, noise: float = 0.5, zone: str = "UTC"
) -> AccountHistory:
    """A creator who posts once a day at any hour, and whose posts have likes by level, chance and the effect."""
    random = np.random.default_rng([1, *name.encode()])
    made = []
    for i in range(posts):
        posted_at = START + i * DAY + int(random.integers(0, 24)) * HOUR
        tags = [tag for tag in TAGS if random.random() < 0.3]
        text = " ".join([_BODIES[random.integers(len(_BODIES))], *(f"#{tag}" for tag in tags)])
        cover = CoverMeasures(*random.uniform(0.2, 0.8, 5).tolist())
        post = PublishedPost(f"{name}-{i}", posted_at, measured(text), float(random.integers(8, 60)), "", cover, ())
        likes = float(round(math.exp(7 + effect(post) + random.normal() * noise)))
        counts = Counts(posted_at + DAY, likes, likes // 50, likes // 100, likes * 10)
        made.append(PublishedPost(post.post_id, posted_at, post.caption, post.duration_s, "", cover, (counts,)))
    return AccountHistory(name, 5_000.0, tuple(made), zone=zone)


def learned(history: AccountHistory) -> LearnedAccount:
    """Learn the account from all of its posts, without a trained model."""
    return learn_account(GlobalModel.prior(), history, as_of=end_of(history))


def end_of(history: AccountHistory) -> int:
    """Return a midnight at which all first days are over."""
    return START + (len(history.posts) + 2) * DAY


def draft_of(text: str, publish_at: int, duration_s: float = 20.0, cover: CoverMeasures | None = None) -> Draft:
    """Return a draft of this text."""
    return Draft(publish_at, measured(text), duration_s, "", cover)


texts = st.builds(
    lambda body, tags, gap: gap.join([body, *(f"#{tag}" for tag in tags)]),
    st.one_of(st.sampled_from(_BODIES), st.sampled_from(["", "🔥", "so? so! so...", "#"]), st.text(max_size=30)),
    st.lists(
        st.one_of(
            st.sampled_from([*TAGS, "ad", "Cooking", "COOKING", "cook-book", "cook", "Æble", "ß", "fyp🔥", "İst"]),
            st.text(min_size=1, max_size=6),
        ),
        max_size=8,
    ),
    st.sampled_from([" ", "", "\n", ", "]),
)
"""Captions, some without words, some with hashtags that begin like others."""

covers = st.one_of(st.none(), st.builds(CoverMeasures, *[st.floats(0, 1)] * 5))

durations = st.one_of(st.just(math.nan), st.just(0.0), st.floats(0, 1e4))
