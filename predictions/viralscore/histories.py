"""Examples of post histories, by the engine's own feature code: a post knows only what was known at its publishing."""

from collections.abc import Sequence

import numpy as np

from predictions.engine.data.growth import GrowthCurve, is_usable
from predictions.engine.data.history import CONTENT, COVER, Content, History, Timeline
from predictions.engine.data.labels import Target, label_of
from predictions.engine.features.rows import Rows, rows_of_account
from predictions.engine.types import DAY, HOUR, AccountHistory, PublishedPost
from predictions.viralscore.examples import SUBSCORES, Examples, Inputs, Singles, text_of

PAST = 32
"""Posts of the account that are read one by one: those whose captions are most like the draft's."""
LATER, MEASURED_LATER = 72 * HOUR, (60 * HOUR, 84 * HOUR)
"""Age of the second target, and the ages between which an observation gives it."""
COMPARED = ("duration", "length", "hashtags", "sentiment")
"""Columns of `CONTENT` that an earlier post is read with, and in which it is compared with the draft."""
PAST_COLUMNS = ("ratio", "gap", "text", "topic", *COMPARED, *(f"{name}_unlike" for name in COMPARED))
_COMPARED = [CONTENT.index(name) for name in COMPARED]


def examples_of_histories(
    accounts: Sequence[AccountHistory], curve: GrowthCurve, target: Target, until: int
) -> tuple[Examples, Rows]:
    """Return an example for each post with a history, and the engine's rows of the same posts, in the same order.

    Targets are the log of likes over the account's own level, at 24 h, and at 72 h as what they say of the level at
    24 h; those not known at `until` (epoch seconds) are NaN. Histories give no weak labels.
    """
    rows, texts, pictures, pasts, later = [], [], [], [], []
    for position, account in enumerate(accounts):
        of_account = rows_of_account(position, account, curve, target, until)
        timeline = Timeline(account, curve, target, until=until, reconstruct=True)
        contents = timeline.contents()
        for post, base in zip(of_account.post, of_account.base, strict=True):
            content = contents.content(post)
            history = timeline.known_at(int(contents.posted_at[post]))
            texts.append(text_of(content))
            pictures.append(content.numbers[-len(COVER) :])
            pasts.append(past_of(history, content, int(contents.posted_at[post]), base))
            later.append(_later_log(timeline.posts[post], curve, until) - base)
        rows.append(of_account)
    all_rows = Rows.concatenate(rows)
    n = len(all_rows)
    inputs = Inputs.of(
        n,
        {
            "text": np.array(texts),
            "picture": np.array(pictures),
            "table": all_rows.tabular,
            "past": np.array(pasts).reshape(n, PAST, len(PAST_COLUMNS)),
        },
    )
    targets = np.column_stack([all_rows.target, later]).astype(np.float32)
    weak = np.full((n, len(SUBSCORES)), np.nan, dtype=np.float32)
    return Examples(inputs, all_rows.account, all_rows.posted_at, targets, weak), all_rows


def past_of(history: History, content: Content, moment: int, base: float) -> Singles:
    """Return the earlier posts most like a draft, the likest last (PAST, len(PAST_COLUMNS)); NaN before the first.

    The ratio is of log likes to the `base`, the gap log days from that post to `moment`; text and topic are cosines.
    """
    text, topic = history.text_similarity(content), history.topic_similarity(content)
    chosen = np.argsort(text + topic, kind="stable")[-PAST:]
    past = np.full((PAST, len(PAST_COLUMNS)), np.nan, dtype=np.float32)
    if len(chosen):
        gap = np.log1p((moment - history.posted_at[chosen]) / DAY)
        own = history.numbers[chosen][:, _COMPARED]
        unlike = np.abs(own - content.numbers[_COMPARED])
        ratio = history.likes[chosen] - base
        past[-len(chosen) :] = np.column_stack([ratio, gap, text[chosen], topic[chosen], own, unlike])
    return past


def _later_log(post: PublishedPost, curve: GrowthCurve, until: int) -> float:
    """Return the log likes at 24 h that the count nearest to 72 h stands for; NaN without one."""
    ages = {c.observed_at - post.posted_at: c for c in post.observations if c.observed_at <= until}
    near = [
        age for age in ages if MEASURED_LATER[0] <= age <= MEASURED_LATER[1] and is_usable(post.posted_at, ages[age])
    ]
    if not near:
        return float("nan")
    counts = ages[min(near, key=lambda age: abs(age - LATER))]
    return label_of(post.posted_at, counts, curve, "horizon").logs[0]
