"""Good files, and random damage to their bytes and to what they say."""

import json
import random
from collections.abc import Callable
from typing import Any

from posts.platforms.exports.tiktok_json import LAYOUTS
from tests.posts.platforms.exports.files import as_csv, as_json, as_zip, export_of, export_rows, history_rows

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1.5, 10**40, "", " ", "\x00", "\ud800", "NaN", "-7", "1e9", "=1+1", "@x", [], {}, [[]]),
    *({"a": {"b": []}}, "2026-02-30 10:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00", "x" * 700),
    *("https://vm.tiktok.com/Z/", "https://www.tiktok.com/@a/video/7" + "0" * 18, "https://[", "Private", "🍋" * 90),
)


def good_files() -> dict[str, bytes]:
    """Return one file for each layout, one zip and one table."""
    comments = {"Comment": {"Comments": {"CommentsList": [{"Comment": "recipe?", "Url": export_rows(1)[0]["Link"]}]}}}
    return {
        **{layout: as_json(export_of(layout, export_rows(5), **comments)) for layout in LAYOUTS},
        "zip": as_zip({"a/user_data_tiktok.json": as_json(export_of(LAYOUTS[0], export_rows(5)))}),
        "csv": as_csv(history_rows(4)),
    }


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return the file with one to four mutations, half of the time of what a JSON file says, otherwise of its bytes."""
    for _ in range(chance.randint(1, 4)):
        if content.startswith(b"{") and chance.random() < 0.5:
            try:
                document = json.loads(content)
            except (ValueError, RecursionError):
                continue
            _change(document, chance)
            content = json.dumps(document).encode()
        else:
            content = chance.choice(_OF_BYTES)(content, chance)
    return content


def _change(node: Any, chance: random.Random) -> None:
    """Change one value somewhere in the document: another, gone, twice, or under another name."""
    while isinstance(node, dict | list) and node:
        key: Any = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        child = node[key]
        if isinstance(child, dict | list) and child and chance.random() < 0.85:
            node = child
            continue
        way = chance.randrange(4)
        if way == 0:
            node[key] = chance.choice(ODD)
        elif way == 1:
            del node[key]
        elif isinstance(node, dict):
            node[chance.choice([str(key).upper(), "Date", "Link", "VideoList", "x"])] = node.pop(key)
        else:
            node.insert(chance.randrange(len(node) + 1), chance.choice([child, *ODD]))
        return


def _flip(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(max(len(content), 1))
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _drop(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + content[at + chance.randrange(40) :]


def _double(content: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(content) + 1), chance.randrange(200)
    return content[: at + length] + content[at:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    pieces = (
        b"\x00",
        b"\xff",
        b'"',
        b"{",
        b"]",
        b",",
        b"\r",
        b"\n",
        b";",
        b"\xef\xbb\xbf",
        b"\\ud83d",
        b"1e999",
        b"PK\x05\x06",
    )
    return content[:at] + chance.choice(pieces) * chance.choice((1, 1, 1, 50)) + content[at:]


_OF_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flip, _cut, _drop, _double, _insert)
