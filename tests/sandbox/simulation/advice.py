"""Creators whose true effects are known, their drafts, and what a changed draft would truly bring.

Two makings: "sandbox", whose audiences are those of the sandbox, and "other", the same posts before audiences of other
rules: bumps instead of waves over the day, thresholds of length and duration, emoji, normal noise.
"""

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator, draw_creator
from tests.sandbox.simulation.effects import Content, Floats, Ints, effects, indifferent
from tests.sandbox.simulation.growth import DAY, HOUR
from tests.sandbox.simulation.population import COLUMNS, observations
from tests.sandbox.simulation.simulator import Posts, Simulator, content_of

DRAFT_COLUMNS = ("account_id", "draft_id", "asked_at", "publish_at", "caption", "duration_s")
EPOCH = 1_780_012_800  # 2026-05-29, a Friday
_FIRST_INDEX = 200_000  # far from the creators of other files
_EMOJI = re.compile("[\U0001f300-\U0001faff☀-➿]")


@dataclass(frozen=True)
class Draft:
    """A draft as its creator planned it."""

    account_id: str
    draft_id: str
    publish_at: int
    caption: str
    duration_s: int


@dataclass(frozen=True)
class _Taste:
    """An audience of other rules; effects in log units."""

    peaks: Floats  # (3, 2): local hour and height of a bump
    weekend: float
    long_from_s: float
    long: float
    wordy_from: float
    wordy: float
    question: float
    mood: float
    emoji: float
    many_tags: float
    tags: Mapping[str, float]


class Population:
    """`accounts` creators with `posts` posts each; a share of them has audiences that do not react at all."""

    def __init__(
        self, making: str, *, seed: int, accounts: int, posts: int, drafts: int = 3, indifferent_share: float = 0.1
    ) -> None:
        self.making = making
        self.simulator = _Simulator(seed, EPOCH) if making == "sandbox" else _OtherRules(seed, EPOCH)
        self.creators: dict[str, Creator] = {}
        self.indifferent: set[str] = set()
        topics = [name for name in captions.TOPICS if name not in captions.NOT_LATIN]
        for index in range(_FIRST_INDEX, _FIRST_INDEX + accounts):
            rng = np.random.default_rng([seed, index, 11])
            creator = draw_creator(
                seed, index, topic=topics[index % len(topics)],
                followers=int(np.exp(rng.uniform(np.log(500), np.log(1e6)))), history_posts=posts,
            )  # fmt: skip
            if rng.random() < indifferent_share:
                creator = replace(creator, audience=indifferent(creator.audience))
                self.indifferent.add(f"sim{index}")
            self.creators[f"sim{index}"] = creator
        self.drafts = {
            f"{name}-{k}": draft
            for name, creator in self.creators.items()
            for k, draft in enumerate(self._drafts(name, creator, drafts))
        }

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write history and drafts as files of their formats; return their paths."""
        history, drafts = folder / "history.csv", folder / "drafts.csv"
        with history.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for creator in self.creators.values():
                writer.writerows(observations(self.simulator, creator))
        with drafts.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(DRAFT_COLUMNS)
            for draft in self.drafts.values():
                moments = (_iso(EPOCH), _iso(draft.publish_at))
                writer.writerow([draft.account_id, draft.draft_id, *moments, draft.caption, draft.duration_s])
        return history, drafts

    def true_effect(self, draft_id: str, publish_at: str, caption: str, duration_s: str, change: str) -> float:
        """Return what the changed draft brings beside the draft (log units); empty texts are what stays."""
        draft = self.drafts[draft_id]
        changed = replace(
            draft,
            publish_at=int(datetime.fromisoformat(publish_at).timestamp()) if publish_at else draft.publish_at,
            caption=caption or draft.caption,
            duration_s=round(float(duration_s)) if duration_s else draft.duration_s,
        )
        contents = [_content(draft, {}), _content(changed, json.loads(change) if change else {})]
        before, after = (
            self.simulator.effect(self.creators[draft.account_id], content, emoji, np.array([moment]))
            for (content, emoji), moment in zip(contents, (draft.publish_at, changed.publish_at), strict=True)
        )
        return float(after[0] - before[0])

    def _drafts(self, name: str, creator: Creator, count: int) -> list[Draft]:
        posts = self.simulator.block(replace(creator, posts_per_day=max(creator.posts_per_day, 0.3)), 1)
        rng = np.random.default_rng([creator.index, 12])
        rows = rng.choice(len(posts), size=min(count, len(posts)), replace=False)
        return [
            Draft(
                name, f"{name}-{k}", int(EPOCH + posts.posted_at[row] % DAY + DAY * rng.integers(0, 2)),
                posts.captions[row], int(posts.content.duration_s[row]),
            )
            for k, row in enumerate(rows)
        ]  # fmt: skip


class _Simulator(Simulator):
    def effect(self, creator: Creator, content: Content, emoji: Floats, posted_at: Ints) -> Floats:
        """Return the sum of the effects on n posts."""
        return np.asarray(sum(effects(creator.audience, content, posted_at, np.zeros(len(posted_at))).values()), float)


class _OtherRules(_Simulator):
    """The sandbox's posts, before audiences of other rules."""

    def finals(self, creator: Creator, posts: Posts, shifts: object = ()) -> Ints:
        rng = np.random.default_rng([self.seed, creator.index, 13])
        emoji = np.array([float(len(_EMOJI.findall(caption))) for caption in posts.captions])
        log_likes = creator.level + self.level_drift(creator, posts.posted_at)
        log_likes = log_likes + self.effect(creator, posts.content, emoji, posts.posted_at)
        log_likes = log_likes + rng.normal(0, rng.uniform(0.45, 0.85), len(posts))
        likes = np.exp(log_likes)
        others = [likes * creator.comment_rate, likes * creator.share_rate, likes / creator.like_rate + likes]
        return np.floor(np.stack([likes, *others], axis=1) + posts.rounding).astype(np.int64)

    def effect(self, creator: Creator, content: Content, emoji: Floats, posted_at: Ints) -> Floats:
        if not creator.audience.hour_strength:
            return np.zeros(len(posted_at))
        taste = _taste(self.seed, creator)
        local_h = posted_at / HOUR + creator.audience.utc_offset_h
        weekday = (np.floor(local_h / 24).astype(int) + 3) % 7
        narrow = np.array([3.0, 8.0, 15.0])
        apart = np.cos((local_h[:, None] - taste.peaks[:, 0]) * np.pi / 12) - 1
        tags = [sum(taste.tags.get(tag, 0.0) for tag in of_post) for of_post in content.tags]
        return np.asarray(
            np.exp(narrow * apart) @ taste.peaks[:, 1]
            + taste.weekend * (weekday >= 5)
            + taste.long * (content.duration_s > taste.long_from_s)
            + taste.wordy * (content.text[:, 0] > taste.wordy_from)
            + taste.question * content.text[:, 1]
            + taste.mood * content.text[:, 2]
            + taste.emoji * np.minimum(emoji, 2)
            + taste.many_tags * (np.array([len(of_post) for of_post in content.tags]) > 3)
            + np.array(tags),
            float,
        )


def _taste(seed: int, creator: Creator) -> _Taste:
    rng = np.random.default_rng([seed, creator.index, 14])
    tags = (*captions.TOPICS[creator.topic].tags, *captions.POPULAR_TAGS)
    return _Taste(
        peaks=np.array([[19.0, rng.normal(0.35, 0.25)], [rng.uniform(0, 24), rng.normal(0.2, 0.2)],
                        [rng.uniform(0, 24), rng.normal(0, 0.2)]]),
        weekend=float(rng.normal(0.05, 0.18)),
        long_from_s=float(np.exp(rng.normal(np.log(20), 0.4))), long=float(rng.normal(-0.2, 0.3)),
        wordy_from=float(rng.uniform(30, 70)), wordy=float(rng.normal(-0.1, 0.25)),
        question=float(rng.normal(0.1, 0.2)), mood=float(rng.normal(0.1, 0.2)), emoji=float(rng.normal(0.05, 0.12)),
        many_tags=float(rng.normal(-0.1, 0.15)),
        tags=dict(zip(tags, rng.normal(0, 0.15, len(tags)).tolist(), strict=True)),
    )  # fmt: skip


def _content(draft: Draft, measures: Mapping[str, float]) -> tuple[Content, Floats]:
    """Return the content of a draft with other measures of its wording, and its emoji."""
    content = content_of([draft.caption], [draft.duration_s], [(0.5, 0.5, 0.5)])
    text = content.text.copy()
    hashtags = sum(len(tag) + 2 for tag in captions.hashtags(draft.caption))
    set_to: dict[str, Callable[[float], float]] = {
        "length": lambda characters: max(characters - hashtags, 0.0), "questions": lambda n: float(n > 0),
        "sentiment": lambda tone: float(np.sign(tone)),
    }  # fmt: skip
    for column, name in enumerate(set_to):
        if name in measures:
            text[0, column] = set_to[name](measures[name])
    emoji = measures.get("emoji", float(len(_EMOJI.findall(draft.caption))))
    return replace(content, text=text), np.array([emoji])


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
