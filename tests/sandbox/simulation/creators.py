"""The simulated creators that can sign in, and the drawing of any creator from a seed."""

from dataclasses import dataclass, replace

import numpy as np

from tests.sandbox.simulation.captions import NOT_LATIN, TOPICS
from tests.sandbox.simulation.effects import Audience, draw_audience, indifferent
from tests.sandbox.simulation.growth import MEDIAN_TAU_H, SPEED_SD

# fmt: off
FIRST_NAMES = (
    "Mara", "Noor", "Teo", "Ines", "Kofi", "Lena", "Ravi", "Juno", "Otto", "Zara", "Milo", "Alba", "Finnja",
    "Dario", "Suki", "Bram", "Leila", "Hugo", "Tove", "Amir", "Nell", "Pia", "Jonas", "Wren", "Elif", "Caio",
    "Runa", "Max", "Iris", "Omar", "Greta", "Luis", "Fleur", "Ivo", "Sanna", "Theo", "Yara", "Kit", "Maja",
    "Rolf", "Esme",
)
# fmt: on
_ODD = (
    ("empty.ella", "Empty Ella", "has published nothing", "baking", 240, 0),
    ("first.finn", "First Finn", "has published one post", "hiking", 410, 1),
    ("steady.stella", "Steady Stella", "every post ends with the same counts", "books", 9_000, 80),
    ("silent.sam", "Silent Sam", "no post ever got a like", "diy", 200, 40),
    ("comeback.cleo", "Comeback Cleo", "years without a post in between", "music", 52_000, 120),
    ("haru.tokyo", "はるの東京ごはん", "writes Japanese", "tokyo", 180_000, 220),
    ("salma.cairo", "يوميات سلمى", "writes Arabic", "cairo", 76_000, 150),
    ("wordy.walt", "Wordy Walt", "captions as long as TikTok allows", "science", 31_000, 180),
)


@dataclass(frozen=True)
class Creator:
    """One simulated creator. Counts and levels are as of the simulator's epoch."""

    index: int
    handle: str
    display_name: str
    oddity: str
    topic: str
    followers: int
    following: int
    is_verified: bool
    yearly_growth: float
    history_posts: int
    posts_per_day: float
    gap_years: float  # a break in the middle of the history
    habit_hours: tuple[float, float]  # local hours at which the creator likes to publish
    usual_duration_s: float
    wordy: bool
    level: float  # log of the final likes of an ordinary post
    noise_sd: float
    viral_share: float
    walk_sd: float  # weekly step of the level's random walk, log units
    like_rate: float  # likes per view
    comment_rate: float  # comments per like
    share_rate: float  # shares per like
    tau_h: float
    speed_sd: float
    audience: Audience


def roster(seed: int, size: int = 48) -> list[Creator]:
    """Return the creators that can sign in. Handles, sizes and history lengths do not depend on the seed."""
    ordinary = size - len(_ODD)
    if not 1 <= ordinary <= len(FIRST_NAMES):
        raise ValueError(f"size must be {len(_ODD) + 1} to {len(_ODD) + len(FIRST_NAMES)}, not {size}")
    topics = [name for name in TOPICS if name not in NOT_LATIN]
    spread = np.linspace(0, 1, ordinary)
    shuffled = np.random.default_rng(0).permutation(ordinary)
    creators = []
    for index in range(ordinary):
        topic = topics[index % len(topics)]
        followers = int(200 * 25_000 ** spread[index])  # 200 to 5 million
        posts = round(12 * (700 / 12) ** spread[shuffled[index]])  # 12 to 700, unrelated to followers
        name = FIRST_NAMES[index]
        creator = draw_creator(seed, index, topic=topic, followers=followers, history_posts=posts)
        creators.append(replace(creator, handle=f"{name.lower()}.{topic}", display_name=f"{name} · {topic}"))
    return creators + [_odd_creator(seed, ordinary + place, *odd) for place, odd in enumerate(_ODD)]


def draw_creator(seed: int, index: int, *, topic: str, followers: int, history_posts: int) -> Creator:
    """Return an ordinary creator, drawn from (seed, index)."""
    rng = np.random.default_rng([seed, index, 1])
    utc_offset_h = float(rng.choice([-8, -5, -3, 0, 1, 2, 5.5, 9]))
    return Creator(
        index=index,
        handle=f"creator.{index}",
        display_name=f"Creator {index}",
        oddity="",
        topic=topic,
        followers=followers,
        following=int(rng.integers(20, 900)),
        is_verified=followers > 500_000,
        yearly_growth=float(rng.uniform(0, 0.6)),
        history_posts=history_posts,
        # often enough to have written the history within three years
        posts_per_day=float(np.clip(np.exp(rng.normal(np.log(0.7), 0.7)), 0.1 + history_posts / 1000, 3.0)),
        gap_years=0.0,
        habit_hours=(float(rng.uniform(7, 14)), float(rng.uniform(15, 23))),
        usual_duration_s=float(np.exp(rng.normal(np.log(22), 0.4))),
        wordy=False,
        level=float(0.75 * np.log(followers) - 0.7 + rng.normal(0, 0.6)),
        noise_sd=float(rng.uniform(0.5, 1.2)),
        viral_share=float(rng.uniform(0.01, 0.06)),
        walk_sd=float(rng.uniform(0.03, 0.15)),
        like_rate=float(np.clip(np.exp(rng.normal(np.log(0.09), 0.4)), 0.02, 0.3)),
        comment_rate=float(np.exp(rng.normal(np.log(0.012), 0.5))),
        share_rate=float(np.exp(rng.normal(np.log(0.015), 0.6))),
        tau_h=float(MEDIAN_TAU_H * np.exp(rng.normal(0, 0.15))),
        speed_sd=SPEED_SD,
        audience=draw_audience(rng, topic, utc_offset_h),
    )


def _odd_creator(
    seed: int, index: int, handle: str, name: str, oddity: str, topic: str, followers: int, posts: int
) -> Creator:
    creator = draw_creator(seed, index, topic=topic, followers=followers, history_posts=posts)
    creator = replace(creator, handle=handle, display_name=name, oddity=oddity)
    match handle:
        case "empty.ella" | "first.finn":
            return replace(creator, posts_per_day=0.0)
        case "steady.stella":
            return replace(
                creator,
                # a hair above an integer, so that rounding down gives that integer in spite of exp's error
                level=float(np.log(500.001)),
                posts_per_day=0.5,
                audience=indifferent(creator.audience),
                tau_h=MEDIAN_TAU_H,
                noise_sd=0.0,
                viral_share=0.0,
                walk_sd=0.0,
                speed_sd=0.0,
            )
        case "silent.sam":
            return replace(creator, level=float(np.log(1e-5)), like_rate=1e-6, viral_share=0.0, noise_sd=0.5)
        case "comeback.cleo":
            return replace(creator, gap_years=2.5)
        case "wordy.walt":
            return replace(creator, wordy=True)
    return creator
