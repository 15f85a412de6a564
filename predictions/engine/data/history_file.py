"""The post history format: a CSV file (UTF-8, plain or gzip), one row per observation of a post.

Columns: account_id, post_id, posted_at, observed_at, caption, hashtags, duration_s, sound, followers, likes, comments,
shares, views, and optionally media (path of a cover picture, relative to the file). An empty cell means unknown. Counts
read before the post was published, by a clock that was off, are kept and tell nothing.
"""

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.pool import ThreadPool
from pathlib import Path

from posts.content.captions import CaptionMeasures, measure_caption
from posts.content.pictures import CoverMeasures, UnreadableImage, measure_cover
from predictions.engine.types import AccountHistory, Counts, PublishedPost

COLUMNS = (
    "account_id", "post_id", "posted_at", "observed_at", "caption", "hashtags", "duration_s", "sound", "followers",
    "likes", "comments", "shares", "views",
)  # fmt: skip
COUNTS = ("likes", "comments", "shares", "views")
MAX_PROBLEMS = 5
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GZIP_MAGIC = b"\x1f\x8b"


class BadHistoryFile(ValueError):
    """The file does not follow the post history format; the message lists file, line and column of each problem."""


class _Problem(ValueError):
    """One cell at fault: its column, and what was wrong with it."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(slots=True)
class _Post:
    """What the rows read so far say of one post; what describes it is taken from its latest observation."""

    account_id: str
    posted_at: int
    line: int
    row: dict[str, str]
    observations: dict[int, Counts] = field(default_factory=dict)


def read_history_file(path: Path) -> list[AccountHistory]:
    """Read all accounts of a file, in the order of their ids, their posts in order of publishing.

    Raises BadHistoryFile when the file or any row of it breaks the format, and OSError when it cannot be opened.
    """
    posts: dict[str, _Post] = {}
    followers: dict[str, dict[int, float]] = {}
    problems: list[str] = []
    for line, row in _rows(path, _decode(path)):
        try:
            _add_row(row, line, posts, followers)
        except _Problem as problem:
            problems.append(f"{path}, line {line}, column {problem.column}: {problem}")
            if len(problems) == MAX_PROBLEMS:
                problems.append(f"(the first {MAX_PROBLEMS} problems are listed)")
                break
    if not posts and not problems:
        problems.append(f"{path}, line 2: there is no row below the header; expected one per observation.")
    accounts: dict[str, list[PublishedPost]] = {}
    if not problems:
        covers = _Covers(path.parent.resolve())
        for (post_id, post), caption in zip(posts.items(), _captions(posts.values()), strict=True):
            try:
                accounts.setdefault(post.account_id, []).append(_published(post_id, post, caption, covers))
            except _Problem as problem:
                problems.append(f"{path}, line {post.line}, column {problem.column}: {problem}")
    if problems:
        raise BadHistoryFile("\n".join(problems[: MAX_PROBLEMS + 1]))
    return [_account(account_id, of_one, followers[account_id]) for account_id, of_one in sorted(accounts.items())]


def _account(account_id: str, posts: list[PublishedPost], followers: dict[int, float]) -> AccountHistory:
    in_order = tuple(sorted(posts, key=lambda p: (p.posted_at, p.post_id)))
    counts = tuple(sorted(followers.items()))
    return AccountHistory(account_id, counts[-1][1] if counts else math.nan, in_order, counts)


def join_accounts(accounts: Iterable[AccountHistory]) -> list[AccountHistory]:
    """The accounts of several files, each once, in the order of their ids.

    An account may have been crawled several times: observations of a post join, and what describes a post or an
    account is taken from where its latest observation stands.
    """
    crawls: dict[str, list[AccountHistory]] = {}
    for account in accounts:
        crawls.setdefault(account.account_id, []).append(account)
    return [_joined(of_one) for _, of_one in sorted(crawls.items())]


def _joined(crawls: list[AccountHistory]) -> AccountHistory:
    if len(crawls) == 1:
        return crawls[0]
    latest_last = sorted(crawls, key=lambda a: max((_last_observed(p) for p in a.posts), default=0))
    posts: dict[str, PublishedPost] = {}
    for post in (p for crawl in latest_last for p in crawl.posts):
        known = posts.get(post.post_id)
        posts[post.post_id] = _joined_post(known, post) if known else post
    followers = [a.followers for a in latest_last if not math.isnan(a.followers)]
    counts = dict(sorted(count for crawl in crawls for count in crawl.follower_counts))
    in_order = tuple(sorted(posts.values(), key=lambda p: (p.posted_at, p.post_id)))
    last = followers[-1] if followers else math.nan
    return AccountHistory(crawls[0].account_id, last, in_order, tuple(counts.items()))


def _joined_post(one: PublishedPost, other: PublishedPost) -> PublishedPost:
    latest = max(one, other, key=_last_observed)
    # by their text as well, so that of two counts of one moment the same stays, whichever file comes first
    counts = sorted((*one.observations, *other.observations), key=lambda c: (c.observed_at, str(c)))
    return replace(latest, observations=tuple({c.observed_at: c for c in counts}.values()))


def _last_observed(post: PublishedPost) -> int:
    return max((c.observed_at for c in post.observations), default=0)


def _decode(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith(_GZIP_MAGIC):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise BadHistoryFile(f"{path}: the gzip data is damaged or cut short ({error}).") from error
    elif path.suffix == ".gz" and data:
        raise BadHistoryFile(f"{path}: not gzip data, although the name ends in .gz.")
    if not data.strip():
        raise BadHistoryFile(f"{path}, line 1: the file is empty; expected a header: {','.join(COLUMNS)}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        position = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        column = _column_at(data, error.start)
        found = f"byte {position} of the line (0x{data[error.start]:02x})"
        raise BadHistoryFile(f"{path}, line {line}, column {column}: {found} is not UTF-8.") from error


def _column_at(data: bytes, offset: int) -> str:
    """Name of the column that the byte at `offset` lies in, as well as broken text tells."""
    rows = csv.reader(io.StringIO(data[:offset].decode("utf-8-sig", "replace") + "?"))
    try:
        header, *others = rows
    except csv.Error:
        return "(unknown)"
    return header[len(others[-1]) - 1] if others and 0 < len(others[-1]) <= len(header) else "(unknown)"


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line it begins on. Raises BadHistoryFile where the table itself is broken."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader)
        if missing := [name for name in COLUMNS if name not in header]:
            raise BadHistoryFile(f"{path}, line 1: missing columns {', '.join(missing)}; found {', '.join(header)}.")
        if len(set(header)) < len(header):
            raise BadHistoryFile(f"{path}, line 1: a column is named twice: {', '.join(header)}.")
        line = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                at = header[min(len(cells), len(header) - 1)]
                raise BadHistoryFile(
                    f"{path}, line {line}, column {at}: the row has {len(cells)} cells, the header {len(header)}."
                )
            if cells:
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadHistoryFile(f"{path}, line {line}: not readable as CSV ({error}).") from error


def _add_row(row: dict[str, str], line: int, posts: dict[str, _Post], followers: dict[str, dict[int, float]]) -> None:
    account_id, post_id = _text(row, "account_id"), _text(row, "post_id")
    posted_at, observed_at = _moment(row, "posted_at"), _moment(row, "observed_at")
    counts = Counts(observed_at, *(_number(row, name) for name in COUNTS))
    _number(row, "duration_s")
    count = _number(row, "followers")
    post = posts.setdefault(post_id, _Post(account_id, posted_at, line, row))
    if post.account_id != account_id:
        raise _Problem("post_id", f"post {post_id} is of account {post.account_id} in line {post.line}.")
    if post.posted_at != posted_at:
        raise _Problem("posted_at", f"post {post_id} was published at another time in line {post.line}.")
    # by their text, in which what is unknown equals itself; the same row twice is nothing new
    if str(post.observations.get(observed_at, counts)) != str(counts):
        raise _Problem("observed_at", f"post {post_id} has other counts at {row['observed_at']} in an earlier line.")
    if all(observed_at > earlier for earlier in post.observations):
        post.row, post.line = row, line
    post.observations[observed_at] = counts
    of_account = followers.setdefault(account_id, {})
    if not math.isnan(count):
        of_account[observed_at] = count


def _captions(posts: Iterable[_Post]) -> Iterator[CaptionMeasures]:
    """The measures of the posts' captions, in order."""
    # most of it is products of matrices, in which a thread leaves the interpreter to others
    with ThreadPool() as threads:
        yield from threads.imap(_caption, posts, chunksize=64)


def _caption(post: _Post) -> CaptionMeasures:
    return measure_caption(post.row["caption"], post.row["hashtags"].split())


def _published(post_id: str, post: _Post, caption: CaptionMeasures, covers: "_Covers") -> PublishedPost:
    row = post.row
    return PublishedPost(
        post_id=post_id,
        posted_at=post.posted_at,
        caption=caption,
        duration_s=_number(row, "duration_s"),
        sound=row["sound"].strip(),
        cover=covers.measure(row.get("media", "").strip()),
        observations=tuple(post.observations[at] for at in sorted(post.observations)),
    )


class _Covers:
    """Cover pictures beside the file; a path that leads out of its folder is refused."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def measure(self, name: str) -> CoverMeasures | None:
        if not name:
            return None
        try:
            picture = (self.folder / name).resolve()
            if not picture.is_relative_to(self.folder):
                raise _Problem("media", f"{name!r} leads out of the file's folder.")
            return measure_cover(picture.read_bytes())
        except UnreadableImage as error:
            raise _Problem("media", str(error)) from error
        except (OSError, ValueError) as error:
            if isinstance(error, _Problem):
                raise
            raise _Problem("media", f"{name!r} cannot be read ({error}).") from error


def _text(row: dict[str, str], column: str) -> str:
    if value := row[column].strip():
        return value
    raise _Problem(column, "empty; expected an id.")


def _moment(row: dict[str, str], column: str) -> int:
    try:
        moment = datetime.fromisoformat(row[column].strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return math.floor(moment.timestamp())
    except (ValueError, OverflowError) as error:
        raise _Problem(column, f"{row[column]!r} is no moment; expected one like 2026-12-01T18:00:00Z.") from error


def _number(row: dict[str, str], column: str) -> float:
    text = row[column].strip()
    if not text:
        return math.nan
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise _Problem(column, f"{row[column]!r} is no number; expected one like 1234.")
    if value < 0:
        raise _Problem(column, f"{text} is negative; expected zero or more.")
    return value
