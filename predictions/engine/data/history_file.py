"""The post history format: a CSV file (UTF-8, plain or gzip), one row per observation of a post.

Columns: `COLUMNS`, and optionally `media`, the path of a cover picture relative to the file. An empty cell means
unknown. Counts read before the post was published, by a wrong clock, are kept and never used.
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
from predictions.engine.types import COUNTS, AccountHistory, Counts, PublishedPost

COLUMNS = (
    "account_id", "post_id", "posted_at", "observed_at", "caption", "hashtags", "duration_s", "sound", "followers",
    *COUNTS,
)  # fmt: skip
MAX_PROBLEMS = 5
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GZIP_MAGIC = b"\x1f\x8b"


class BadHistoryFile(ValueError):
    """The file does not follow the post history format; the message lists file, line and column of each problem."""


class _BadCell(ValueError):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(f"column {column}: {message}")


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
    for line, row in _rows(path, _read_text(path)):
        try:
            _add_row(row, line, posts, followers)
        except _BadCell as problem:
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
        texts = ((post.row["caption"], post.row["hashtags"].split()) for post in posts.values())
        captions = threads.imap(lambda text: measure_caption(*text), texts, chunksize=64)
        for (post_id, post), caption in zip(posts.items(), captions, strict=True):
            try:
                published = _published(post_id, post, caption, path.resolve().parent)
                accounts.setdefault(post.account_id, []).append(published)
            except _BadCell as problem:
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


def _read_text(path: Path) -> str:
    """Return the file's text; bytes that are not UTF-8 stand in it as surrogates, which `_rows` refuses."""
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
    return data.decode("utf-8-sig", "surrogateescape")


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the line that it begins on. Raises BadHistoryFile where the table itself is broken."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader)
        _refuse_other_encodings(f"{path}, line 1", "".join(header))
        if missing := [name for name in COLUMNS if name not in header]:
            raise BadHistoryFile(f"{path}, line 1: missing columns {', '.join(missing)}; got {', '.join(header)}.")
        if len(set(header)) < len(header):
            raise BadHistoryFile(f"{path}, line 1: a column is named twice: {', '.join(header)}.")
        line = reader.line_num + 1
        for cells in reader:
            if cells:
                where = f"{path}, line {line}, column"
                for name, cell in zip(header, cells, strict=False):
                    _refuse_other_encodings(f"{where} {name}", cell)
                if len(cells) != len(header):
                    at = header[min(len(cells), len(header) - 1)]
                    raise BadHistoryFile(f"{where} {at}: the row has {len(cells)} cells, the header {len(header)}.")
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadHistoryFile(f"{path}, line {line}: not readable as CSV ({error}).") from error


def _refuse_other_encodings(where: str, text: str) -> None:
    if not_utf8 := re.search("[\udc80-\udcff]", text):
        raise BadHistoryFile(f"{where}: byte 0x{ord(not_utf8[0]) - 0xDC00:02x} is not UTF-8.")


def _add_row(row: dict[str, str], line: int, posts: dict[str, _Post], followers: dict[str, dict[int, float]]) -> None:
    account_id, post_id = (_text(row, name) for name in ("account_id", "post_id"))
    posted_at, observed_at = (_moment(row, name) for name in ("posted_at", "observed_at"))
    counts = Counts(observed_at, *(_number(row, name) for name in COUNTS))
    _number(row, "duration_s")
    post = posts.setdefault(post_id, _Post(account_id, posted_at, line, row))
    if post.account_id != account_id:
        raise _BadCell("post_id", f"post {post_id} is of account {post.account_id} in line {post.line}.")
    if post.posted_at != posted_at:
        raise _BadCell("posted_at", f"post {post_id} was published at another time in line {post.line}.")
    # compared by their text, as NaN does not equal itself; a row may be repeated
    if str(post.observations.get(observed_at, counts)) != str(counts):
        raise _BadCell("observed_at", f"post {post_id} has other counts at {row['observed_at']} in an earlier line.")
    if observed_at > max(post.observations, default=-math.inf):
        post.row, post.line = row, line
    post.observations[observed_at] = counts
    of_account = followers.setdefault(account_id, {})
    if not math.isnan(count := _number(row, "followers")):
        of_account[observed_at] = count


def _published(post_id: str, post: _Post, caption: CaptionMeasures, folder: Path) -> PublishedPost:
    return PublishedPost(
        post_id=post_id,
        posted_at=post.posted_at,
        caption=caption,
        duration_s=_number(post.row, "duration_s"),
        sound=post.row["sound"].strip(),
        cover=_cover(folder, post.row.get("media", "").strip()),
        observations=tuple(post.observations[at] for at in sorted(post.observations)),
    )


def _cover(folder: Path, name: str) -> CoverMeasures | None:
    """Measure a picture in the file's folder; a path that leads out of it is refused."""
    if not name:
        return None
    try:
        picture = (folder / name).resolve()
        if picture.is_relative_to(folder):
            return measure_cover(picture.read_bytes())
    except UnreadableImage as error:
        raise _BadCell("media", str(error)) from error
    except (OSError, ValueError) as error:
        raise _BadCell("media", f"{name!r} cannot be read ({error}).") from error
    raise _BadCell("media", f"{name!r} leads out of the file's folder.")


def _text(row: dict[str, str], column: str) -> str:
    if value := row[column].strip():
        return value
    raise _BadCell(column, "empty; expected an id.")


def _moment(row: dict[str, str], column: str) -> int:
    try:
        moment = datetime.fromisoformat(row[column].strip())
        return math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise _BadCell(column, f"{row[column]!r} is no moment; expected one like 2026-12-01T18:00:00Z.") from error


def _number(row: dict[str, str], column: str) -> float:
    text = row[column].strip()
    if not text:
        return math.nan
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        raise _BadCell(column, f"{row[column]!r} is no number; expected one like 1234.")
    if value < 0:
        raise _BadCell(column, f"{text} is negative; expected zero or more.")
    return value
