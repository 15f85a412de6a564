"""TikTok's own data export ("Download your data", JSON): the posts in it, wherever a layout has put them.

The export also holds messages, searches and people followed: they stream past, and nothing is built of them.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import IO, Any, TypeVar

import ijson.backends.yajl2_c as parser
import structlog
from ijson.common import JSONError, ObjectBuilder

from posts.platforms.base import FetchedCounts
from posts.platforms.exports.bounded import CleanText, Unpacked
from posts.platforms.exports.rows import (
    BadFile,
    BadRow,
    Comment,
    FileFacts,
    ImportedRow,
    ReadRow,
    Skipped,
)
from posts.platforms.exports.values import (
    MAX_DURATION_S,
    count,
    flag,
    id_in_link,
    moment,
    share_url,
    shown,
    text,
    written_count,
)
from posts.platforms.tiktok.wire import is_public

log = structlog.get_logger(__name__)

LAYOUTS = (
    "Post > Posts > VideoList",
    "Video > Videos > VideoList",
    "Activity > Videos > VideoList",
    "Your Public Activity > Videos > VideoList",
)
"""Paths of the published posts, newest layout first."""
_COMMENT_LISTS = ("Comment > Comments > CommentsList", "Activity > Comments > CommentsList")

MAX_DEPTH = 200
MAX_ROW_VALUES = 20_000
MAX_ROW_CHARACTERS = 1_000_000
MAX_COMMENTS = 20_000
MAX_COMMENT = 500
_CHUNK = 64 * 1024
_NAMED_DEPTH = 6
"""Containers deep within which keys are looked at."""

_STARTS, _ENDS = ("start_map", "start_array"), ("end_map", "end_array")
_Path = tuple[str, ...]
Value = TypeVar("Value")


def _keys(layout: str) -> _Path:
    return tuple(layout.casefold().split(" > "))


_ROWS = {(*_keys(layout), ""): layout for layout in LAYOUTS}
_LISTS = {_keys(layout): layout for layout in LAYOUTS}
_COMMENTS = {(*_keys(layout), "") for layout in _COMMENT_LISTS}


class ExportReader:
    """Reads the posts of one or more JSON files of an export, one after another; `facts` grows meanwhile."""

    def __init__(self, facts: FileFacts, now: datetime) -> None:
        self.facts, self._now = facts, now
        self._number = self._comments = self._followers = 0
        self._layouts: list[str] = []
        self._others: set[str] = set()
        self._unread: set[str] = set()

    def read(self, file: "IO[bytes] | Unpacked", name: str) -> Iterator[ReadRow]:
        """Yield the posts of the file, those that are left out, and comments on posts. Raise BadFile."""
        clean = CleanText(file)
        try:
            for path, value in _values(parser.basic_parse(clean, buf_size=_CHUNK), clean, self._note):
                if path in _ROWS:
                    yield from self._post(value)
                elif isinstance(value, dict):
                    yield from self._comment(_named(value))
        except BadFile:
            raise
        except Exception as error:
            # whatever the parser makes of bytes from outside is a fault of the file
            if not isinstance(error, JSONError):
                log.warning("import_unreadable", error_type=type(error).__name__)
            raise BadFile(
                f"{name} is damaged, or no JSON: it could not be read to its end. Please download the export again."
            ) from error

    def finish(self, name: str) -> None:
        """Complete the facts after the last file. Raise BadFile if no layout was found."""
        if not self._layouts:
            elsewhere = f" There are lists under {', '.join(sorted(self._others))}." if self._others else ""
            raise BadFile(
                f"{name} has no list of posts. Looked for: {'; '.join(LAYOUTS)}.{elsewhere} "
                "In TikTok, ask for your data with “Posts” among it, as JSON."
            )
        self.facts.layout = " and ".join(self._layouts)
        if self._followers:
            self.facts.followers = self._followers

    def _note(self, path: _Path, event: str, value: Any) -> None:
        """Take up what a place says by being there."""
        if path in _LISTS:
            layout = _LISTS[path]
            if event not in ("start_array", "null"):
                raise BadFile(f"{layout} is no list in this file; expected one with an entry for each post.")
            if layout not in self._layouts:
                self._layouts.append(layout)
        elif path[-1:] == ("videolist",) and event == "start_array":
            self._others.add(" > ".join(shown(key) for key in path))
        elif path[-2:] == ("fanslist", "") and event == "start_map":
            self._followers += 1
        elif path[-2:] == ("profilemap", "username") and event == "string":
            self.facts.username = self.facts.username or text(value, most=100).strip().lstrip("@")

    def _post(self, value: Any) -> Iterator[ReadRow]:
        self._number += 1
        if value is _TOO_LARGE:
            yield Skipped(self._number, "is far larger than a post")
            return
        if not isinstance(value, dict):
            yield Skipped(self._number, f"is {shown(value)}; expected an object with Date, Link and Likes")
            return
        cells = _named(value)
        try:
            row = self._row(value, cells)
        except BadRow as problem:
            yield Skipped(self._number, str(problem))
            return
        yield row
        if isinstance(comments := cells.get("comments"), list):
            for each in comments:
                if isinstance(each, dict):
                    yield from self._comment({"url": row.share_url, **_named(each)}, row.id)

    def _row(self, value: dict[str, Any], cells: dict[str, Any]) -> ImportedRow:
        if not is_public(value):
            raise BadRow("is not public: only posts that everybody may see are kept")
        if not cells.get("date"):
            raise BadRow("has no Date")
        comments = cells.get("comments")
        link = cells.get("link")
        return ImportedRow(
            number=self._number,
            id=id_in_link(link),
            posted_at=moment("Date", cells["date"], now=self._now),
            caption=text(cells.get("title") or cells.get("caption") or cells.get("description")),
            duration_s=self._optional("Duration", partial(count, most=MAX_DURATION_S), cells.get("duration")),
            share_url=share_url(link),
            is_ai_generated=flag(cells.get("aigeneratedcontent")),
            counts=FetchedCounts.of(
                written_count("Likes", cells.get("likes")),
                None if isinstance(comments, list) else self._optional("Comments", written_count, comments),
                self._optional("Shares", written_count, cells.get("shares")),
                self._optional("Views", written_count, cells.get("views")),
            ),
            observed_at=None,
        )

    def _optional(self, name: str, read: Callable[[str, Any], Value | None], value: Any) -> Value | None:
        """Return the number; None, with a note, for an unusable one: the post is told by its date, link and likes."""
        try:
            return read(name, value)
        except BadRow as problem:
            if name not in self._unread:
                self._unread.add(name)
                self.facts.notes.append(f"{problem}. {name} that cannot be read are unknown here.")
            return None

    def _comment(self, cells: dict[str, Any], post_id: str = "") -> Iterator[Comment]:
        on = post_id or id_in_link(cells.get("url")) or id_in_link(cells.get("link"))
        written = text(cells.get("comment") or cells.get("text"), most=MAX_COMMENT)
        if on and written.strip() and self._comments < MAX_COMMENTS:
            self._comments += 1
            yield Comment(on, written)


_TOO_LARGE = object()


def _named(value: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).casefold().replace(" ", "").replace("_", ""): each for key, each in value.items()}


def _values(events: Any, clean: CleanText, note: Any) -> Iterator[tuple[_Path, Any]]:
    """Yield each entry of the lists of posts and comments with its path; tell `note` of every other place near the top.

    A path has a key for each open container, casefolded; "" inside a list.
    """
    keys: list[str] = []
    builder: Any = None
    entry: _Path = ()
    nested = values = characters = 0
    for event, value in events:
        clean.event_seen()
        if builder is not None:
            nested += (event in _STARTS) - (event in _ENDS)
            values += 1
            characters += len(value) if isinstance(value, str) else 0
            if nested > MAX_DEPTH:
                raise BadFile(f"The file is nested more than {MAX_DEPTH} levels deep: no data export is.")
            if values <= MAX_ROW_VALUES and characters <= MAX_ROW_CHARACTERS:
                builder.event(event, value)
            if nested == 0:
                fits = values <= MAX_ROW_VALUES and characters <= MAX_ROW_CHARACTERS
                yield entry, builder.value if fits else _TOO_LARGE
                builder = None
            continue
        if event == "map_key":
            if len(keys) <= _NAMED_DEPTH:
                keys[-1] = value.casefold()
            continue
        if event in _ENDS:
            keys.pop()
            continue
        path = tuple(keys) if len(keys) <= _NAMED_DEPTH else ()
        if path in _ROWS or path in _COMMENTS:
            if event in _STARTS:
                builder, entry, nested, values, characters = ObjectBuilder(), path, 1, 0, 0
                builder.event(event, value)
            else:
                yield path, value
            continue
        if path:
            note(path, event, value)
        if event in _STARTS:
            keys.append("")
            if len(keys) > MAX_DEPTH:
                raise BadFile(f"The file is nested more than {MAX_DEPTH} levels deep: no data export is.")
