"""The sides that measured sub-scores and V prefer, by a record of sub-scores."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from posts.models import PostContent
from predictions.engine import PublishedPost
from predictions.engine.data.history import History, content_of
from predictions.engine.types import Floats
from predictions.labels.selectors import VotedPair, measured_posts
from predictions.models.labels import Side
from predictions.scoring.trends import PastTrends
from predictions.viralscore.subscores import Record
from predictions.viralscore.subscores.columns import columns_of, is_outrage, usual_columns


def preferred_sides(
    record: Record, pairs: Sequence[VotedPair], *, now: datetime | None = None
) -> dict[int, dict[str, Side]]:
    """Return by pair, and by part or `VALUE`, the side with the higher score; what is equal or unknown is left out.

    A sub-score is scored whether or not it has evidence; V is of those that have. Both posts of a pair stand against
    what was usual for the account before the earlier one.
    """
    trends = PastTrends.until(now or timezone.now())
    posts = {account: _PostsOf(contents, trends) for account, contents in _contents_of(pairs)}
    sides = {}
    for pair in pairs:
        left, right = posts[pair.account_id].scores(record, pair.left_id, pair.right_id)
        sides[pair.pk] = {
            name: Side.LEFT if left[name] > right[name] else Side.RIGHT
            for name in left.keys() & right.keys()
            if left[name] != right[name]
        }
    return sides


def _contents_of(pairs: Sequence[VotedPair]) -> Iterable[tuple[int, list[PostContent]]]:
    return measured_posts({pair.account_id for pair in pairs}).items()


class _PostsOf:
    """The measured posts of one account, in order of publishing."""

    def __init__(self, contents: Sequence[PostContent], trends: PastTrends) -> None:
        self._posts = [_published(content) for content in contents]
        self._place = {content.post_id: place for place, content in enumerate(contents)}
        self._history = History.of_contents((p.posted_at for p in self._posts), [content_of(p) for p in self._posts])
        self._trends = trends

    def scores(self, record: Record, *post_ids: int) -> list[dict[str, float]]:
        """Return the scores of each of the posts against what was usual before the earliest of them."""
        places = [self._place[post_id] for post_id in post_ids]
        usual = usual_columns(self._history[: min(places)])
        return [self._score(record, self._posts[place], usual) for place in places]

    def _score(self, record: Record, post: PublishedPost, usual: Floats) -> dict[str, float]:
        columns = columns_of(post.caption, self._trends.circumstances("", post))
        return record.raw_scores(columns, usual, is_outrage(post.caption))


def _published(content: PostContent) -> PublishedPost:
    post = content.post
    posted_at = int(post.posted_at.timestamp())
    return PublishedPost(post.public_id, posted_at, content.caption_measures, math.nan, "", None, ())
