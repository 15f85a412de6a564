"""An account's topics: groups of posts of like topic, and the effect of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from posts.content.embeddings import SLOTS
from predictions.engine.data.history import MAX_TAGS
from predictions.engine.effects.account_effects import AccountEffects, EffectPosts
from predictions.engine.effects.design import WIDTH, content_design
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.learned_account import LearnedAccount
from predictions.engine.types import Draft, Floats
from predictions.insights.habits import Habit, Section

MOST_TOPICS = 6
LEAST_POSTS = 4
"""Smaller groups are no topic."""
APART = 0.55
"""Groups whose posts differ by less on average (one less the cosine) are one topic."""
_NAMED_BY = 2
"""Hashtags that name a topic."""
_TYPICAL = 0.3
"""A hashtag names a topic if at least this share of its posts has it."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Posts of like topic. `tags` are those that tell it apart from the others, most telling first."""

    tags: tuple[str, ...]
    posts: NDArray[np.int64]
    """Rows of the posts."""
    direction: Floats
    """(MEANING_SIZE,) its middle, of length one."""


@dataclass(frozen=True, slots=True)
class Interests:
    """An account's topics, for trends that fit."""

    language: str
    """Of most captions (ISO 639); empty: unknown."""
    tags: frozenset[str]
    topics: tuple[Topic, ...]


def interests_of(posts: Sequence[Draft], topics: Sequence[Topic]) -> Interests:
    """Return the posts' language, hashtags and topics."""
    languages = Counter(post.caption.language for post in posts if post.caption.language)
    [(language, _)] = languages.most_common(1) or [("", 0)]
    return Interests(language, frozenset(tag for post in posts for tag in post.caption.hashtags), tuple(topics))


def topics_of(posts: Sequence[Draft]) -> list[Topic]:
    """Return the topics that can be named, largest first; made from captions alone, never from likes.

    Groups are joined by average distance (Sokal and Michener 1958).
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    directions = np.array([post.caption.embedding[SLOTS:] for post in posts], dtype=np.float64).reshape(len(posts), -1)
    known = np.flatnonzero(directions.any(axis=1))
    if len(known) < 2 * LEAST_POSTS:
        return []
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    groups = fcluster(linkage(directions[known], "average", metric="cosine"), APART, "distance")
    sizes = Counter(groups.tolist())
    topics: list[Topic] = []
    for group, size in sorted(sizes.items(), key=lambda each: (-each[1], each[0])):
        # one topic of all posts has no contrast
        if LEAST_POSTS <= size < len(posts) and len(topics) < MOST_TOPICS:
            rows = known[groups == group]
            if tags := _telling_tags(posts, rows):
                middle = directions[rows].mean(axis=0)
                topics.append(Topic(tags, rows, middle / np.linalg.norm(middle)))
    return topics


def topic_habits(
    prior: EffectsPrior, account: LearnedAccount, posts: Sequence[Draft], topics: Sequence[Topic]
) -> tuple[AccountEffects, list[Habit]]:
    """Return effects that were learned with topics in the place of own hashtags, and each topic as a habit of theirs.

    A topic's hashtags would share its effect. Time, length, wording and cover stand beside it as ever.
    """
    history = account.history.known_at(account.as_of)
    row_of = {moment: row for row, moment in enumerate(history.posted_at.tolist())}
    kept = [place for place, post in enumerate(posts) if post.publish_at in row_of]
    rows = np.array([row_of[posts[place].publish_at] for place in kept], dtype=np.int64)
    topic_of = np.zeros(len(posts), dtype=np.uint64)
    for number, topic in enumerate(topics, start=1):
        topic_of[topic.posts] = number
    tags = np.zeros((len(kept), MAX_TAGS), dtype=np.uint64)
    tags[:, 0] = topic_of[kept]
    learned = EffectPosts(
        history.posted_at[rows],
        content_design([posts[place] for place in kept]),
        tags,
        history.likes[rows],
        history.label_sd[rows] ** 2,
        history.posted_at[rows],
        account.effects.zone,
    ).learn(prior)
    habits: list[Habit] = []
    for column, number in enumerate(learned.tags.tolist(), start=WIDTH):
        topic = topics[number - 1]
        difference = np.zeros(WIDTH + len(learned.tags))
        difference[column] = 1 - learned.usual[1 + column]
        habits.append(Habit(Section.TOPIC, "topic", " ".join(topic.tags), difference, len(topic.posts)))
    return learned, habits


def _telling_tags(posts: Sequence[Draft], rows: NDArray[np.int64]) -> tuple[str, ...]:
    """Return the hashtags that most of all tell these posts from the others; none where no hashtag is typical."""
    inside, everywhere = Counter[str](), Counter[str]()
    members = set(rows.tolist())
    for place, post in enumerate(posts):
        everywhere.update(post.caption.hashtags)
        if place in members:
            inside.update(post.caption.hashtags)
    others = max(len(posts) - len(rows), 1)

    def telling(tag: str) -> float:
        return inside[tag] / len(rows) - (everywhere[tag] - inside[tag]) / others

    typical = [tag for tag, uses in inside.items() if uses >= _TYPICAL * len(rows) and telling(tag) > 0]
    return tuple(sorted(typical, key=lambda tag: (-telling(tag), tag))[:_NAMED_BY])
