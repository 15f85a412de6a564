"""Postcast's own copy of a person's data: its table of posts, joined with its table of observations."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from posts.platforms.exports.bounded import Unpacked
from posts.platforms.exports.rows import MAX_ROWS, BadFile, BadRow, FileFacts, ReadRow, Skipped
from posts.platforms.exports.tables import cells_of, row_of

POSTS, OBSERVATIONS = "posts.post.csv", "posts.observation.csv"
_COUNTS = ("observed_at", "likes", "comments", "shares", "views", "coarseness")


def read_own_copy(
    posts: Unpacked, observations: Sequence[Unpacked], facts: FileFacts, *, now: datetime
) -> Iterator[ReadRow]:
    """Yield a row for each post, then one for each of its observations. Raise BadFile."""
    facts.origin = "csv"
    by_key: dict[str, dict[str, str]] = {}
    number = 0
    for number, cells in cells_of(posts, POSTS, facts):
        if isinstance(cells, str):
            yield Skipped(number, cells)
            continue
        by_key[cells.get("id", "")] = cells
        if len(by_key) > MAX_ROWS:
            raise BadFile(f"The file has more than {MAX_ROWS:,} posts.")
        if len({each for each in (cells.get("account_id"), next(iter(by_key.values())).get("account_id")) if each}) > 1:
            raise BadFile("This copy has posts of several accounts: please bring a table of one account's posts.")
        try:
            yield row_of(number, cells, now=now)
        except BadRow as problem:
            yield Skipped(number, str(problem))
    last = number
    for file in observations:
        for number, cells in _observations(file):
            post = {} if isinstance(cells, str) else by_key.get(cells.get("post_id", ""), {})
            if isinstance(cells, str) or not post:
                yield Skipped(
                    last + number, cells if isinstance(cells, str) else "is of a post that is not in the file"
                )
                continue
            try:
                counts = {name: cells.get(name, "") for name in _COUNTS}
                yield row_of(last + number, {**post, **counts}, now=now)
            except BadRow as problem:
                yield Skipped(last + number, str(problem))
    facts.layout = f"Postcast's own copy: {POSTS} and {OBSERVATIONS}"


def _observations(file: Unpacked) -> Iterator[tuple[int, dict[str, str] | str]]:
    return cells_of(file, OBSERVATIONS, FileFacts(), required=("post_id", "observed_at"))
