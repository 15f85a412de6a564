"""Files of creators: each layout is read and named, odd rows are told, and nothing but BadFile is ever raised."""

import io
import json
import struct
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.csv_cells import guarded
from posts.platforms.exports import BadFile, Comment, FileFacts, ImportedRow, Skipped, bounded, read_file
from posts.platforms.exports.tiktok_json import LAYOUTS
from posts.platforms.exports.values import id_in_link
from tests.posts.platforms.exports.files import (
    FIRST_ID,
    NOW,
    as_csv,
    as_json,
    as_zip,
    export_of,
    export_rows,
    history_rows,
)


def read(content: bytes) -> tuple[FileFacts, list[Any]]:
    facts, rows = read_file(io.BytesIO(content), now=NOW)
    return facts, list(rows)


def reasons(content: bytes) -> dict[int, str]:
    return {row.number: row.reason for row in read(content)[1] if isinstance(row, Skipped)}


def problem(content: bytes) -> str:
    with pytest.raises(BadFile) as raised:
        read(content)
    return str(raised.value)


# --- layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packing", ["json", "with a byte order mark", "zip", "zip with folders"])
def test_each_layout_is_read_and_named(layout: str, packing: str) -> None:
    rows = export_rows(12)
    content = as_json(export_of(layout, rows))
    if packing == "with a byte order mark":
        content = b"\xef\xbb\xbf" + content
    elif packing == "zip":
        content = as_zip({"user_data.json": content, "readme.txt": b"hello"})
    elif packing == "zip with folders":
        content = as_zip({"TikTok/a/user_data_tiktok.json": content, "__MACOSX/a/._user_data_tiktok.json": b"\0"})
    facts, found = read(content)
    assert layout in facts.layout
    assert (facts.origin, facts.username, facts.followers) == ("export", "mia.makes", 7)
    assert [row.id for row in found] == [entry["Link"].split("/")[-2] for entry in rows]
    assert [row.counts.likes for row in found] == [int(entry["Likes"]) for entry in rows]
    assert [row.posted_at for row in found] == [datetime.fromisoformat(e["Date"]).replace(tzinfo=UTC) for e in rows]
    assert found[0].caption == "Sunset at the pier #sunset"
    assert found[5].caption == "Ask me at [removed]"
    assert (found[0].is_ai_generated, found[0].observed_at, found[0].number) == (False, None, 1)


def test_posts_of_two_layouts_in_one_file_are_all_read() -> None:
    rows = export_rows(4)
    document = export_of(LAYOUTS[0], rows[:2])
    document["Video"] = {"Videos": {"VideoList": rows[2:]}}
    facts, found = read(as_json(document))
    assert [row.number for row in found] == [1, 2, 3, 4]
    assert LAYOUTS[0] in facts.layout
    assert LAYOUTS[1] in facts.layout


def test_without_a_layout_it_says_what_it_looked_for() -> None:
    message = problem(as_json({"Activity": {"Video Browsing History": {"VideoList": []}}}))
    assert all(layout in message for layout in LAYOUTS)
    assert "browsing history" in message


def test_a_list_of_what_was_watched_is_not_taken_for_posts() -> None:
    _, found = read(as_json(export_of(LAYOUTS[3], [])))
    assert found == []


@pytest.mark.parametrize("rows", [None, []])
def test_an_export_without_posts_is_no_error(rows: Any) -> None:
    facts, found = read(as_json(export_of(LAYOUTS[1], rows)))
    assert (LAYOUTS[1] in facts.layout, found) == (True, [])


# --- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Date": "yesterday"}, "Date is “yesterday”"),
        ({"Date": "2026-02-30 10:00:00"}, "calendar"),
        ({"Date": "1970-01-01 00:00:00"}, "from 2014"),
        ({"Date": "2031-01-01 00:00:00"}, "until now"),
        ({"Date": None}, "no Date"),
        ({"Likes": "-3"}, "Likes is “-3”"),
        ({"Likes": -3}, "Likes is “-3”"),
        ({"Likes": "1.2X"}, "Likes is “1.2X”"),
        ({"Likes": True}, "Likes is “True”"),
        ({"Likes": 10**30}, "Likes is"),
        ({"Likes": 2.5}, "Likes is “2.5”"),
        ({"Likes": {"x": 1}}, "Likes is"),
        ({"WhoCanView": "Private"}, "not public"),
        ({"WhoCanView": "Friends"}, "not public"),
    ],
)
def test_an_odd_row_is_skipped_with_its_place_and_reason(changes: dict[str, Any], words: str) -> None:
    rows = export_rows(3)
    rows[1] |= changes
    content = as_json(export_of(LAYOUTS[0], rows))
    told = reasons(content)
    assert list(told) == [2]
    assert words in told[2]
    assert [row.number for row in read(content)[1] if isinstance(row, ImportedRow)] == [1, 3]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Duration", "-1"),
        ("Duration", "00:21"),
        ("Duration", 10**9),
        ("Duration", []),
        ("Views", "1.2X"),
        ("Views", -3),
        ("Shares", True),
        ("Comments", "12,5"),
    ],
)
def test_an_odd_value_beside_date_link_and_likes_is_unknown_and_told(name: str, value: Any) -> None:
    rows = export_rows(3)
    for row in rows[:2]:
        row[name] = value
    facts, found = read(as_json(export_of(LAYOUTS[0], rows)))
    assert [row.counts.likes for row in found] == [int(row["Likes"]) for row in rows]
    assert [(row.duration_s, row.counts.views, row.counts.shares, row.counts.comments) for row in found] == [
        (None, None, None, None)
    ] * 3
    assert [note.startswith(name) for note in facts.notes] == [True]


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("0000-00-00 00:00:00", "“0000-00-00 00:00:00”"),
        ("2026-13-01 00:00:00", "“2026-13-01 00:00:00”"),
        (1767323045, "seconds or milliseconds since 1970"),
        ("1767323045000", "seconds or milliseconds since 1970"),
    ],
)
def test_a_date_of_no_calendar_is_shown_and_a_number_explained(date: Any, words: str) -> None:
    assert words in reasons(as_json(export_of(LAYOUTS[0], [export_rows(1)[0] | {"Date": date}])))[1]


@pytest.mark.parametrize("row", [None, 7, "text", [1], [[]], "x" * 300_000])
def test_an_entry_that_is_no_object_is_skipped(row: Any) -> None:
    rows = export_rows(3)
    told = reasons(as_json(export_of(LAYOUTS[0], [rows[0], row, rows[1]])))
    assert list(told) == [2]
    assert len(told[2]) < 200


def test_an_entry_far_larger_than_a_post_is_skipped() -> None:
    rows = export_rows(2)
    rows[0]["More"] = [0] * 50_000
    assert "far larger" in reasons(as_json(export_of(LAYOUTS[0], rows)))[1]


@pytest.mark.parametrize("likes", [b"1e999999999", b"-1e400", b"123456789012345678901234567890", b"1.5e0"])
def test_numbers_beyond_all_bounds_are_odd_rows(likes: bytes) -> None:
    content = as_json(export_of(LAYOUTS[0], [export_rows(1)[0] | {"Likes": "LIKES"}, *export_rows(1)]))
    assert list(reasons(content.replace(b'"LIKES"', likes))) == [1]


@pytest.mark.parametrize("likes", ["", None, "  "])
def test_likes_that_are_not_said_are_unknown(likes: Any) -> None:
    _, [row] = read(as_json(export_of(LAYOUTS[0], [{**export_rows(1)[0], "Likes": likes}])))
    assert row.counts.likes is None


@pytest.mark.parametrize(
    ("link", "post_id"),
    [
        (f"https://www.tiktokv.com/share/video/{FIRST_ID}/", str(FIRST_ID)),
        (f"https://www.tiktok.com/@mia.makes/video/{FIRST_ID}?lang=en", str(FIRST_ID)),
        (f"https://www.tiktok.com/@mia.makes/photo/{FIRST_ID}", str(FIRST_ID)),
        (f"https://m.tiktok.com/v/{FIRST_ID}.html", str(FIRST_ID)),
        (f"https://www.tiktok.com/embed?item_id={FIRST_ID}", str(FIRST_ID)),
        ("https://vm.tiktok.com/ZMabc12/", ""),
        (f"https://www.tiktok.com.evil.example/@x/video/{FIRST_ID}", ""),
        (f"https://v16.tiktokcdn.com/video/{FIRST_ID}", ""),
        (f"javascript:/video/{FIRST_ID}", ""),
        ("https://[::1/video/12345", ""),
        ("", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_ids_are_read_from_links_of_tiktok_alone(link: Any, post_id: str) -> None:
    assert id_in_link(link) == post_id


def test_comments_on_own_posts_are_read_and_others_are_not() -> None:
    rows = export_rows(1)
    rows[0]["Comments"] = [{"Comment": "recipe please?"}, {"Comment": "  "}, 5]
    others = {
        "Comment": {
            "Comments": {
                "CommentsList": [
                    {"Date": "2026-11-01 10:00:00", "Comment": "thanks", "Url": rows[0]["Link"]},
                    {"Date": "2026-11-01 10:00:00", "Comment": "on somebody's post", "Url": ""},
                ]
            }
        }
    }
    _, found = read(as_json(export_of(LAYOUTS[0], rows, **others)))
    comments = [row for row in found if isinstance(row, Comment)]
    assert sorted(comment.text for comment in comments) == ["recipe please?", "thanks"]
    assert {comment.post_id for comment in comments} == {rows[0]["Link"].split("/")[-2]}


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"encoding": "utf-8-sig"},
        {"delimiter": ";", "encoding": "utf-8-sig"},
        {"delimiter": "\t"},
        {"quoting": 1},
        {"lineterminator": "\n"},
        {"lineterminator": "\r"},
    ],
)
def test_tables_are_read_as_spreadsheets_write_them(options: dict[str, Any]) -> None:
    rows = history_rows(3)
    rows[0]["caption"] = 'two\nlines; "quoted", with commas\tand tabs'
    facts, found = read(as_csv(rows, **options))
    assert facts.origin == "csv"
    assert [row.id for row in found] == [row["post_id"] for row in rows]
    assert found[0].caption == rows[0]["caption"]
    assert (found[1].counts.likes, found[1].counts.shares, found[1].duration_s) == (int(rows[1]["likes"]), None, 21)
    assert found[1].observed_at == datetime.fromisoformat(rows[1]["observed_at"])
    assert found[0].followers == 5200


def test_a_row_of_a_table_is_skipped_with_its_line() -> None:
    lines = [
        b"sep=,",
        b"post_id,posted_at,observed_at,caption,likes",
        b'p1,2026-11-01T18:00:00Z,2026-11-02T18:00:00Z,"a\nb",1',
        b"p2,2026-11-01T18:00:00Z,2026-10-01T18:00:00Z,,1",
        b"p3,2026-11-01T18:00:00Z,,,x",
        b"",
        b"7.31E+18,2026-11-01T18:00:00Z,,,1",
        b"p4,2026-11-01T18:00:00Z",
    ]
    told = reasons(b"\r\n".join(lines))
    assert list(told) == [5, 6, 8, 9]
    assert "before posted_at" in told[5]
    assert "likes is" in told[6]
    assert "rounded" in told[8]
    assert "2 cells" in told[9]


@pytest.mark.parametrize("cell", ["['fyp', 'dance']", '["fyp","dance"]', "fyp,dance", "#fyp;#dance", "fyp、dance"])
def test_hashtags_are_told_apart_by_any_sign(cell: str) -> None:
    row = history_rows(1)[0] | {"caption": "At the pier", "hashtags": cell}
    assert read(as_csv([row]))[1][0].caption == "At the pier #fyp #dance"


def test_a_table_that_was_made_safe_for_spreadsheets_is_read_back() -> None:
    texts = {"post_id": str(FIRST_ID), "caption": "=1+1", "duration_s": "021"}
    cells = {name: guarded(text) for name, text in texts.items()}
    assert all(cell.startswith("'") for cell in cells.values())
    [row] = read(as_csv([history_rows(1)[0] | cells]))[1]
    assert (row.id, row.caption, row.duration_s) == (str(FIRST_ID), "=1+1", 21)


@pytest.mark.parametrize(
    "name", ["TikTok\\user_data.json", "a/user_data_tiktok (1).json", "user_data copy.json", "USER_DATA_TIKTOK.JSON"]
)
def test_an_export_that_was_packed_again_is_found(name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, as_json(export_of(LAYOUTS[0], export_rows(2))))
    assert len(read(packed.getvalue())[1]) == 2


def test_hashtags_of_their_own_column_join_the_caption() -> None:
    row = history_rows(1)[0] | {"caption": "At the pier #sunset", "hashtags": "Sunset #photo"}
    assert read(as_csv([row]))[1][0].caption == "At the pier #sunset #photo"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"hello", "neither"),
        (b"a,b\n1,2\n", "posted_at and post_id"),
        (b"post_id,posted_at,post_id\n", "twice"),
        (b"post_id,posted_at\n\xff,2026-11-01 10:00:00\n", "UTF-8"),
        (b'post_id,posted_at\n"p1,2026-11-01 10:00:00\n', "line 2"),
        ("post_id,posted_at\n".encode("utf-16"), "UTF-16"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04", "damaged"),
        (b"[1, 2]", "no list of posts"),
        (b'{"Post": {"Posts": {"VideoList": {"a": 1}}}}', "is no list"),
        (b'{"Post": {"Posts": {"VideoList": [', "damaged"),
        (b'{"a": 1}}', "damaged"),
        (b'{"a": "' + b"x" * (5 * 1024 * 1024) + b'"}', "single value"),
        (b"[" * 100_000, "deep"),
        (as_zip({"other.json": b"{}"}), "no user_data_tiktok.json"),
        (as_zip({"a/Posts.txt": b"Date: x"}), "as JSON"),
        (as_zip({"user_data.json": b"{}"}, method=zipfile.ZIP_LZMA), "unusual"),
        (as_csv([*history_rows(1), history_rows(1)[0] | {"account_id": "b"}]), "several accounts"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    message = problem(content)
    assert words in message
    assert message.endswith(".")


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_zip_that_unpacks_to_far_too_much_is_refused() -> None:
    bomb = as_zip({"user_data.json": b"[" + b"0," * (8 * 1024 * 1024) + b"0]"})
    assert len(bomb) < 40_000
    assert "unpacks to far more" in problem(bomb)


def test_a_zip_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MAX_UNPACKED", 100_000)
    content = as_zip({"user_data.json": as_json(export_of(LAYOUTS[0], export_rows(1), More="x" * 200_000))})
    start = content.index(b"PK\x01\x02")
    lying = content[: start + 24] + struct.pack("<I", 10) + content[start + 28 :]
    assert problem(lying)


def test_a_zip_with_very_many_entries_is_refused() -> None:
    assert "entries" in problem(as_zip({f"{n}.txt": b"" for n in range(10_001)}))


def test_a_zip_with_a_password_is_refused() -> None:
    content = bytearray(as_zip({"user_data.json": b"{}"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in problem(bytes(content))


def test_bytes_that_are_no_utf8_do_not_end_an_export() -> None:
    content = as_json(export_of(LAYOUTS[0], export_rows(2))).replace(b'"x"', b'"\xff\xfe"')
    assert len(read(content)[1]) == 2


HALVES = [
    r"\ud83d",
    r"\ud83d\u0041",
    r"\ud83d\ud83d\ude00",
    r"\ude00\ud83d",
    r"\ud83d\n",
    r"\\ud83d",
    r"\\\ud83d",
    r"x\uD83D",
]


@pytest.mark.parametrize("written", HALVES)
def test_half_an_emoji_does_not_end_an_export(written: str) -> None:
    content = as_json(export_of(LAYOUTS[0], [export_rows(1)[0] | {"Title": "TITLE"}, *export_rows(1)]))
    _, found = read(content.replace(b"TITLE", written.encode()))
    expected = json.loads(f'"{written}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert found[0].caption == expected
    assert len(found) == 2


@given(
    st.lists(st.sampled_from([r"\ud83d", r"\ude00", r"\u0041", "a", r"\\", r"\n", "é"]), max_size=12), st.integers(1, 9)
)
def test_escapes_are_mended_wherever_a_read_ends(parts: list[str], size: int) -> None:
    written = "".join(parts)
    clean = bounded.CleanText(io.BytesIO(f'"{written}"'.encode()))
    mended = b"".join(iter(lambda: clean.read(size), b"")).decode()
    expected = json.loads(f'"{written}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert json.loads(mended) == expected


def test_rows_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posts.platforms.exports.reading.MAX_ROWS", 3)
    assert "more than 3 rows" in problem(as_json(export_of(LAYOUTS[0], export_rows(4))))


# --- invariants ------------------------------------------------------------------------------------------------------

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["Date", "Link", "Likes", "Title", "WhoCanView", "Duration", "Comments", "AIGeneratedContent"])


@given(st.lists(JSONS | st.dictionaries(KEYS, JSONS | st.sampled_from(list(export_rows(1)[0].values())), max_size=8)))
def test_every_entry_is_taken_or_skipped_once(rows: list[Any]) -> None:
    found = [row for row in read(json.dumps(export_of(LAYOUTS[0], rows)).encode())[1] if not isinstance(row, Comment)]
    assert [row.number for row in found] == list(range(1, len(rows) + 1))
    for row in found:
        if isinstance(row, ImportedRow):
            assert row.posted_at is not None
            assert row.posted_at <= NOW.replace(hour=13)
            assert all(count is None or count >= 0 for count in (row.counts.likes, row.counts.comments))
            assert "\x00" not in row.caption


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(BadFile):
        read(content)
