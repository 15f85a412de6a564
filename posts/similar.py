"""Posts of an account that are most like one of them, by caption and hashtags."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from posts.content.captions import EXTRACTOR_VERSION
from posts.content.embeddings import EMBEDDING_SIZE, EMBEDDING_STEPS, SLOTS
from posts.models import Post, PostContent
from posts.selectors import LatestCounts, with_latest_counts
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MOST = 5
COMPARED = 400
"""Latest posts of the account that are compared."""
_ALIKE = 0.25
"""Least similarity, 0 to 1: captions that share no word have about 0 to 0.1."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A post with its latest counts, and its likeness, 0 to 1, to another one."""

    post: "WithAnnotations[Post, LatestCounts]"
    similarity: float
    shared: tuple[str, ...]
    """Hashtags that both have."""


def similar_posts(post: Post) -> list[Similar]:
    """Return the account's posts that are most like the post, the most similar first: three queries at most.

    The similarity is the mean of the cosines of words and of topics; it is nothing that the forecast uses as such.
    """
    require_declared(Purpose.SERVICE, Post, PostContent)
    own = PostContent.objects.filter(post=post, extractor_version=EXTRACTOR_VERSION).first()
    if own is None:
        return []
    rows = list(
        PostContent.objects.filter(post__account=post.account_id, extractor_version=EXTRACTOR_VERSION)
        .exclude(post=post)
        .order_by("-post__posted_at", "-post_id")
        .values_list("post_id", "embedding", "hashtags")[:COMPARED]
    )
    if not rows:
        return []
    others = np.stack([np.frombuffer(embedding, dtype=np.int8) for _, embedding, _ in rows]).astype(np.float32)
    products = others.reshape(-1, EMBEDDING_SIZE) * np.frombuffer(own.embedding, dtype=np.int8)
    cosines = np.stack([products[:, :SLOTS].sum(axis=1), products[:, SLOTS:].sum(axis=1)]) / EMBEDDING_STEPS**2
    similarity = np.clip(cosines.mean(axis=0), 0.0, 1.0)
    nearest = [i for i in np.argsort(-similarity, kind="stable")[:MOST].tolist() if similarity[i] >= _ALIKE]
    posts = with_latest_counts(Post.objects.all()).in_bulk([rows[i][0] for i in nearest])
    tags = set(own.hashtags)
    return [
        Similar(posts[rows[i][0]], float(similarity[i]), tuple(tag for tag in rows[i][2] if tag in tags))
        for i in nearest
        if rows[i][0] in posts
    ]
