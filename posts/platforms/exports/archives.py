"""Zip files: which of their members are read, each as a stream. No path in them is ever used to write."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, cast

from posts.platforms.exports.bounded import DAMAGED_ZIP, MAX_UNPACKED, SmallReads, Unpacked
from posts.platforms.exports.own_copy import OBSERVATIONS, POSTS, read_own_copy
from posts.platforms.exports.rows import BadFile, FileFacts, ReadRow
from posts.platforms.exports.tables import read_table
from posts.platforms.exports.tiktok_json import ExportReader

NAMES = ("user_data_tiktok.json", "user_data.json")
# downloaded twice, it is "user_data_tiktok (1).json"
_EXPORT = re.compile(r"user_data(_tiktok)?( ?\([0-9]{1,3}\)| copy)?\.json")
MAX_ENTRIES = 10_000
MAX_READ = 4
"""Members of one of the names that are read: some exports have both."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_zip(file: IO[bytes], facts: FileFacts, *, now: datetime) -> Iterator[ReadRow]:
    """Yield the rows of the members that hold posts. Raise BadFile."""
    try:
        with zipfile.ZipFile(cast(Any, SmallReads(file))) as archive:
            yield from _read(archive, facts, now)
    except BadFile:
        raise
    # what zipfile raises on damage, and no more: trouble with the database that holds the file is not the file's
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadFile(DAMAGED_ZIP) from error


def _read(archive: zipfile.ZipFile, facts: FileFacts, now: datetime) -> Iterator[ReadRow]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadFile(f"The zip has {len(entries):,} entries; a data export has a few dozen.")
    members: dict[str, list[zipfile.ZipInfo]] = {}
    for entry in entries:
        # some programs for Windows write paths with backslashes
        folder, _, base = entry.filename.replace("\\", "/").rpartition("/")
        if base and not base.startswith("._") and not folder.startswith("__MACOSX"):
            members.setdefault(base.casefold(), []).append(entry)
    exports = [
        entry
        for name, of_name in sorted(members.items(), reverse=True)
        if _EXPORT.fullmatch(name)
        for entry in sorted(of_name, key=lambda each: len(each.filename))
    ]
    if exports:
        names = " and ".join(entry.filename.rpartition("/")[2] for entry in exports[:MAX_READ])
        reader = ExportReader(facts, now)
        for entry in exports[:MAX_READ]:
            yield from reader.read(_member(archive, entry), names)
        reader.finish(names)
    elif POSTS in members:
        posts, observations = members[POSTS][0], members.get(OBSERVATIONS, [])
        counts = [_member(archive, observations[0])] if observations else []
        yield from read_own_copy(_member(archive, posts), counts, facts, now=now)
    elif len(tables := [entry for name, of_name in members.items() if name.endswith(".csv") for entry in of_name]) == 1:
        yield from read_table(_member(archive, tables[0]), facts, "The table in the zip", now=now)
    else:
        texts = any(name in members for name in ("posts.txt", "post.txt", "videos.txt"))
        raise BadFile(
            f"The zip has no {' and no '.join(NAMES)}, and not one table of posts (CSV). "
            + (
                "It seems to be a data export as text: please ask TikTok for it again, as JSON."
                if texts
                else "In TikTok, ask for your data as JSON, and bring the zip as it comes."
            )
        )


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Unpacked:
    if entry.flag_bits & 1:
        raise BadFile("The zip is protected by a password: please bring it without.")
    if entry.compress_type not in _METHODS:
        raise BadFile("The zip is packed in an unusual way; expected plain zip (deflate).")
    if entry.file_size > MAX_UNPACKED:
        raise BadFile("The zip unpacks to far more than a data export holds; it was not read.")
    return Unpacked(archive.open(entry), entry.compress_size)
