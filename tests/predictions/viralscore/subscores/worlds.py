"""Simulated accounts whose posts spread by rules that the tests plant."""

import random
from collections.abc import Callable

from predictions.engine import AccountHistory, Counts, PublishedPost
from predictions.engine.data.growth import GrowthCurve
from predictions.engine.types import DAY
from predictions.viralscore.subscores import PostTable, Record, learn_record, post_table
from predictions.viralscore.subscores.pools import UsePool
from tests.factories import measured_once

START = 1_700_000_000
CALM, QUESTION, ANGRY, ANGRY_QUESTION = (
    "Walking along the harbour this morning",
    "Which harbour do you like this morning?",
    "I hate these stupid people, they are disgusting liars",
    "Do you hate these stupid disgusting liars?",
)

Effect = Callable[[str], tuple[float, float]]
"""By how much a caption moves the log of all counts, and that of the shares beyond."""


def no_effect(caption: str) -> tuple[float, float]:
    return 0.0, 0.0


def histories(
    effect: Effect, *, accounts: int = 12, posts: int = 60, captions: tuple[str, ...] = (CALM, QUESTION), seed: int = 0
) -> list[AccountHistory]:
    """Return accounts of different sizes, a post each day, counted once after a day."""
    draw = random.Random(seed)
    made = []
    for number in range(accounts):
        level, published = draw.gauss(6, 1), []
        for index in range(posts):
            caption = draw.choice(captions)
            all_, shares = effect(caption)
            log = level + all_ + draw.gauss(0, 0.5)
            posted_at = START + index * DAY + draw.randrange(DAY // 2)
            likes = 2.718281828**log
            counts = Counts(
                posted_at + DAY, round(likes), round(likes / 20), round(likes / 10 * 2.718**shares), round(likes * 12)
            )
            published.append(
                PublishedPost(f"{number}-{index}", posted_at, measured_once(caption), 15.0, "", None, (counts,))
            )
        made.append(AccountHistory(f"account-{number}", 1_000.0, tuple(published)))
    return made


def table_of(accounts: list[AccountHistory], until: int = START + 1_000 * DAY) -> PostTable:
    return post_table(accounts, GrowthCurve(), UsePool(accounts).circumstances, until=until)


def learned(accounts: list[AccountHistory]) -> Record:
    return learn_record(table_of(accounts), until=START + 1_000 * DAY)
