"""The post history format: a CSV file (UTF-8, plain or gzip), one row per observation of a post.

Columns: `COLUMNS`, and optionally `media`, the path of a cover picture relative to the file. An empty cell means
unknown. Counts read before the post was published, by a wrong clock, are kept and never used.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from multiprocessing.pool import ThreadPool
from pathlib import Path

from posts.content.captions import CaptionMeasures, measure_caption
from predictions.engine.data.csv_cells import (
    MAX_PROBLEMS,
    BadCell,
    BadHistoryFile,
    count_of,
    cover_of,
    hashtags_of,
    moment_of,
    number_of,
    read_text,
    rows_of,
    text_of,
)
from predictions.engine.types import COUNTS, AccountHistory, Counts, PublishedPost

COLUMNS = (
    "account_id", "post_id", "posted_at", "observed_at", "caption", "hashtags", "duration_s", "sound", "followers",
    *COUNTS,
)  # fmt: skip


@dataclass(slots=True)
class _Post:
    """The rows read so far of one post; `row` and `line` are those of its latest observation."""

    account_id: str
    posted_at: int
    line: int
    row: dict[str, str]
    observations: dict[int, Counts] = field(default_factory=dict)


def read_history_file(path: Path) -> list[AccountHistory]:
    """Return all accounts of a file in the order of their ids, their posts in order of publishing.

    Raises BadHistoryFile when the file or a row breaks the format, and OSError when it cannot be opened.
    """
    posts: dict[str, _Post] = {}
    followers: dict[str, dict[int, float]] = {}
    problems: list[str] = []
    for line, row in rows_of(path, read_text(path, COLUMNS), COLUMNS):
        try:
            _add_row(row, line, posts, followers)
        except BadCell as problem:
            problems.append(f"{path}, line {line}, {problem}")
            if len(problems) == MAX_PROBLEMS:
                problems.append(f"(the first {MAX_PROBLEMS} problems are listed)")
                break
    if not posts and not problems:
        problems.append(f"{path}, line 2: there is no row below the header; expected one per observation.")
    _refuse(problems)
    accounts: dict[str, list[PublishedPost]] = {}
    # measuring captions is mostly products of matrices, which release the interpreter to other threads
    with ThreadPool() as threads:
        texts = ((post.row["caption"], hashtags_of(post.row, "hashtags")) for post in posts.values())
        captions = threads.imap(lambda text: measure_caption(*text), texts, chunksize=64)
        for (post_id, post), caption in zip(posts.items(), captions, strict=True):
            try:
                published = _published(post_id, post, caption, path.resolve().parent)
                accounts.setdefault(post.account_id, []).append(published)
            except BadCell as problem:
                problems.append(f"{path}, line {post.line}, {problem}")
    _refuse(problems)
    return [_account(name, accounts[name], followers[name]) for name in sorted(accounts)]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise BadHistoryFile("\n".join(problems[: MAX_PROBLEMS + 1]))


def join_accounts(accounts: Iterable[AccountHistory]) -> list[AccountHistory]:
    """Return each account once, in the order of their ids, of several crawls that may hold it.

    A post has the observations of all crawls, and is otherwise as in the crawl with its latest observation.
    """
    crawls: dict[str, list[AccountHistory]] = {}
    for account in accounts:
        crawls.setdefault(account.account_id, []).append(account)
    return [_joined(crawls[name]) if len(crawls[name]) > 1 else crawls[name][0] for name in sorted(crawls)]


def _account(account_id: str, posts: Iterable[PublishedPost], followers: dict[int, float]) -> AccountHistory:
    in_order = tuple(sorted(posts, key=lambda p: (p.posted_at, p.post_id)))
    counts = tuple(sorted(followers.items()))
    return AccountHistory(account_id, counts[-1][1] if counts else math.nan, in_order, counts)


def _joined(crawls: list[AccountHistory]) -> AccountHistory:
    copies: dict[str, list[PublishedPost]] = {}
    for post in (post for crawl in crawls for post in crawl.posts):
        copies.setdefault(post.post_id, []).append(post)
    followers = dict(count for crawl in crawls for count in crawl.follower_counts)
    joined = _account(crawls[0].account_id, map(_joined_post, copies.values()), followers)
    return joined if followers else replace(joined, followers=crawls[0].followers)


def _joined_post(copies: list[PublishedPost]) -> PublishedPost:
    # sorted by their text too, so that two counts of the same moment join in the same way in any order of files
    counts = sorted((c for copy in copies for c in copy.observations), key=lambda c: (c.observed_at, str(c)))
    latest = max(copies, key=lambda copy: max((c.observed_at for c in copy.observations), default=0))
    return replace(latest, observations=tuple({c.observed_at: c for c in counts}.values()))


def _add_row(row: dict[str, str], line: int, posts: dict[str, _Post], followers: dict[str, dict[int, float]]) -> None:
    account_id, post_id = (text_of(row, name) for name in ("account_id", "post_id"))
    posted_at, observed_at = (moment_of(row, name) for name in ("posted_at", "observed_at"))
    read = {name: count_of(row, name) for name in COUNTS}
    values = {name: count for name, (count, _) in read.items()}
    counts = Counts(observed_at=observed_at, **values, coarseness=max(width for _, width in read.values()))
    number_of(row, "duration_s")
    hashtags_of(row, "hashtags")
    post = posts.setdefault(post_id, _Post(account_id, posted_at, line, row))
    if post.account_id != account_id:
        raise BadCell("post_id", f"post {post_id} is of account {post.account_id} in line {post.line}.")
    if post.posted_at != posted_at:
        raise BadCell("posted_at", f"post {post_id} was published at another time in line {post.line}.")
    # compared by their text, as NaN does not equal itself; a row may be repeated
    if str(post.observations.get(observed_at, counts)) != str(counts):
        raise BadCell("observed_at", f"post {post_id} has other counts at {row['observed_at']} in an earlier line.")
    if observed_at > max(post.observations, default=-math.inf):
        post.row, post.line = row, line
    post.observations[observed_at] = counts
    of_account = followers.setdefault(account_id, {})
    if not math.isnan(count := number_of(row, "followers")):
        of_account[observed_at] = count


def _published(post_id: str, post: _Post, caption: CaptionMeasures, folder: Path) -> PublishedPost:
    return PublishedPost(
        post_id=post_id,
        posted_at=post.posted_at,
        caption=caption,
        duration_s=number_of(post.row, "duration_s"),
        sound=post.row["sound"].strip(),
        cover=cover_of(folder, post.row.get("media", "").strip()),
        observations=tuple(post.observations[at] for at in sorted(post.observations)),
    )
