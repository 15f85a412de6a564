import gzip
from pathlib import Path

import pytest
from PIL import Image

from posts.content.captions import measure_caption
from predictions.engine.data.csv_cells import BadHistoryFile
from predictions.engine.data.growth import is_usable
from predictions.engine.data.history_file import COLUMNS, join_accounts, read_history_file

HEADER = ",".join(COLUMNS)
ROW = "acc,p1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,Hello #Sun,sun,15,song,100,10,1,0,200"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "history.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def changed(**cells: str) -> str:
    row = dict(zip(COLUMNS, ROW.split(","), strict=True))
    return ",".join((row | cells).values())


def problem(path: Path) -> str:
    with pytest.raises(BadHistoryFile) as caught:
        read_history_file(path)
    return str(caught.value)


def test_a_file_is_read_plain_or_gzip_by_its_content(tmp_path: Path):
    later = changed(observed_at="2026-01-03T00:00:00Z", likes="25", followers="120", caption="Changed")
    plain = write(tmp_path, later, ROW, changed(post_id="p0", posted_at="2025-12-01T08:00:00+02:00", likes=""))
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    (account,) = read_history_file(plain)
    assert account.followers == 120
    assert [followers for _, followers in account.follower_counts] == [100, 120]
    assert [p.post_id for p in account.posts] == ["p0", "p1"]
    older, post = account.posts
    assert older.posted_at == 1764568800
    assert older.observations[0].likes != older.observations[0].likes  # unknown
    assert [(c.likes, c.views) for c in post.observations] == [(10, 200), (25, 200)]
    assert post.caption.hashtags == ("sun",)
    assert post.caption.length == len("Changed")
    assert [a.account_id for a in read_history_file(packed)] == ["acc"]


def test_what_several_files_hold_of_an_account_joins(tmp_path: Path):
    seen_later = changed(observed_at="2026-01-03T00:00:00Z", likes="25")
    earlier = changed(post_id="p0", posted_at="2025-12-01T00:00:00Z")
    other = changed(account_id="abc", post_id="p7")
    (tmp_path / "together").mkdir()
    together = read_history_file(write(tmp_path / "together", ROW, seen_later, earlier, other))
    first = read_history_file(write(tmp_path, seen_later, ROW))
    second = read_history_file(write(tmp_path, other, ROW, earlier))
    found = join_accounts([*second, *first])
    assert [a.account_id for a in found] == ["abc", "acc"]
    assert [[(p.post_id, p.observations) for p in a.posts] for a in found] == [
        [(p.post_id, p.observations) for p in a.posts] for a in together
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_spreadsheets_separate_by_semicolons_or_tabs(tmp_path: Path, delimiter: str):
    header, row = (line.replace(",", delimiter) for line in (HEADER.title(), ROW))
    [account] = read_history_file(write(tmp_path, row, header=header))
    assert (account.account_id, account.posts[0].caption.hashtags) == ("acc", ("sun",))


def test_a_header_without_end_is_told_in_short(tmp_path: Path):
    assert len(problem(write(tmp_path, header="a," * 1_000_000))) < 1_000


@pytest.mark.parametrize("sign", "、，/&;+")
def test_hashtags_that_other_signs_separate_are_refused(tmp_path: Path, sign: str):
    assert "column hashtags" in problem(write(tmp_path, changed(hashtags=f"fyp{sign}dance")))


def test_an_apostrophe_within_a_hashtag_is_no_quote(tmp_path: Path):
    [account] = read_history_file(write(tmp_path, changed(caption="", hashtags="fyp hathaway’s")))
    assert account.posts[0].caption.hashtags[0] == "fyp"
    for quoted in ("'fyp' 'dance'", "‘fyp’ ‘dance’", "fyp’ dance"):
        assert "column hashtags" in problem(write(tmp_path, changed(hashtags=quoted)))


def test_captions_may_span_lines(tmp_path: Path):
    path = write(tmp_path, changed(caption='"two\nlines, ""quoted"""'), changed(post_id="p2", likes="-1"))
    assert "line 4, column likes" in problem(path)


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"posted_at": "yesterday"}, "posted_at", "no moment"),
        ({"observed_at": ""}, "observed_at", "no moment"),
        ({"likes": "-1"}, "likes", "negative"),
        ({"views": "many"}, "views", "no number"),
        ({"comments": "nan"}, "comments", "no number"),
        ({"shares": "inf"}, "shares", "no number; expected one like 1234"),
        ({"shares": "1_000"}, "shares", "no number"),
        ({"shares": "１２３"}, "shares", "no number"),
        ({"duration_s": "-3"}, "duration_s", "negative"),
        ({"followers": "x"}, "followers", "no number"),
        ({"account_id": " "}, "account_id", "empty"),
        ({"post_id": ""}, "post_id", "empty"),
        ({"posted_at": "99999-01-01T00:00:00Z"}, "posted_at", "no moment"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, cells: dict[str, str], column: str, says: str):
    message = problem(write(tmp_path, changed(post_id="p0"), changed(**cells)))
    assert f"history.csv, line 3, column {column}: " in message
    assert says in message


@pytest.mark.parametrize(
    ("second", "column", "says"),
    [
        ({"likes": "77"}, "observed_at", "has other counts at"),
        ({"account_id": "other", "observed_at": "2026-01-05T00:00:00Z"}, "post_id", "is of account acc in line 2"),
        ({"posted_at": "2026-01-01T01:00:00Z"}, "posted_at", "another time in line 2"),
    ],
)
def test_rows_that_contradict_each_other(tmp_path: Path, second: dict[str, str], column: str, says: str):
    message = problem(write(tmp_path, ROW, changed(**second)))
    assert f"line 3, column {column}: " in message
    assert says in message


def test_the_same_row_twice_is_one(tmp_path: Path):
    unknown = changed(post_id="p2", shares="", duration_s="")
    once = read_history_file(write(tmp_path, ROW, unknown))
    assert repr(read_history_file(write(tmp_path, ROW, unknown, ROW, unknown))) == repr(once)


def test_counts_of_a_clock_that_was_off_are_kept_and_tell_nothing(tmp_path: Path):
    before = changed(observed_at="2025-12-31T23:59:59Z", likes="5")
    [[known]] = [account.posts for account in read_history_file(write(tmp_path, before))]
    assert [counts.likes for counts in known.observations] == [5]
    assert not any(is_usable(known.posted_at, counts) for counts in known.observations)


def test_the_first_problems_are_listed(tmp_path: Path):
    message = problem(write(tmp_path, *(changed(post_id=f"p{i}", likes="-1") for i in range(9))))
    assert [f"line {n}," in message for n in range(2, 8)] == [True] * 5 + [False]
    assert "first 5 problems" in message


def test_broken_tables(tmp_path: Path):
    assert "missing columns likes" in problem(write(tmp_path, header=HEADER.replace(",likes", "")))
    assert "named twice" in problem(write(tmp_path, header=HEADER + ",likes"))
    assert "line 2, column views: the row has 12 cells" in problem(write(tmp_path, ROW.rsplit(",", 1)[0]))
    assert "has 14 cells" in problem(write(tmp_path, ROW + ",1"))
    assert "no row below the header" in problem(write(tmp_path))
    assert "line 2: not readable as CSV" in problem(write(tmp_path, '"open quote'))
    empty = tmp_path / "empty.csv"
    for nothing in (b"", b"\n \n", gzip.compress(b"")):
        empty.write_bytes(nothing)
        assert "line 1: the file is empty" in problem(empty)


def test_bytes_that_are_not_utf8_are_located(tmp_path: Path):
    path = tmp_path / "latin.csv"
    path.write_bytes(f"{HEADER}\n{ROW}\n{changed(post_id='p2', caption='caf@')}\n".encode().replace(b"@", b"\xe9"))
    message = problem(path)
    assert "line 3, column caption" in message
    assert "0xe9" in message


def test_damaged_gzip(tmp_path: Path):
    path = tmp_path / "history.csv.gz"
    packed = gzip.compress(f"{HEADER}\n{ROW}\n".encode() * 50)
    for damaged in (packed[:-20], packed[:12], packed[:30] + b"\0\0\0\0" + packed[34:]):
        path.write_bytes(damaged)
        assert "damaged or cut short" in problem(path)
    path.write_text(f"{HEADER}\n{ROW}\n")
    assert "not gzip data" in problem(path)


def test_covers_are_measured_and_stay_inside_the_folder(tmp_path: Path):
    folder = tmp_path / "data"
    (folder / "covers").mkdir(parents=True)
    Image.new("RGB", (20, 30), (255, 255, 255)).save(folder / "covers" / "a.png")
    Image.new("RGB", (20, 30)).save(tmp_path / "outside.png")
    (folder / "text.png").write_text("no picture")

    def with_media(name: str) -> Path:
        return write(folder, f"{ROW},{name}", header=HEADER + ",media")

    (account,) = read_history_file(with_media("covers/a.png"))
    assert account.posts[0].cover is not None
    assert account.posts[0].cover.brightness == pytest.approx(1)
    assert read_history_file(with_media(""))[0].posts[0].cover is None
    assert "line 2, column media: '../outside.png' leads out" in problem(with_media("../outside.png"))
    assert "leads out" in problem(with_media(str(tmp_path / "outside.png")))
    assert "cannot be read" in problem(with_media("missing.png"))
    assert "could not be read as a picture" in problem(with_media("text.png"))


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"hashtags": "\"['fyp', 'dance']\""}, "hashtags", "expected hashtags with spaces between them"),
        ({"hashtags": '"[""fyp"", ""dance""]"'}, "hashtags", "has a ["),
        ({"hashtags": '"fyp,dance"'}, "hashtags", "has a ,"),
        ({"hashtags": "fyp;dance"}, "hashtags", "has a ;"),
        ({"hashtags": "{fyp}"}, "hashtags", "has a {"),
        ({"posted_at": "1612011500000"}, "posted_at", "It may be milliseconds since 1970."),
        ({"posted_at": "1612011500"}, "posted_at", "It may be seconds since 1970."),
        ({"observed_at": "1612011500000000"}, "observed_at", "It may be microseconds since 1970."),
        ({"posted_at": "9" * 5_000}, "posted_at", "is no moment"),
        ({"posted_at": "1612-01-15T00:00:00Z"}, "posted_at", "implausible; expected a moment from 2010"),
        ({"posted_at": "1970-01-01T00:00:00Z"}, "posted_at", "implausible"),
        ({"observed_at": "2099-01-01"}, "observed_at", "implausible"),
        ({"likes": "9" * 5_000}, "likes", "is no number"),
        ({"likes": "1" + "0" * 20}, "likes", "too large; expected at most 9,223,372,036,854,775,807"),
    ],
)
def test_cells_of_another_convention_are_refused_with_a_hint(
    tmp_path: Path, cells: dict[str, str], column: str, says: str
):
    message = problem(write(tmp_path, changed(post_id="p0"), changed(**cells)))
    assert f"history.csv, line 3, column {column}: " in message
    assert says in message
    assert len(message) < 400


def test_moments_and_hashtags_may_be_written_in_several_ways(tmp_path: Path):
    ways = ["2026-01-01", "20260101", "2026-01-01T00:00:00", "2026-01-01 01:00+01:00", "2026-01-01T00:00:00.5Z"]
    rows = [changed(post_id=f"p{i}", posted_at=way, hashtags="#fyp  Dance") for i, way in enumerate(ways)]
    [account] = read_history_file(write(tmp_path, *rows))
    assert {post.posted_at for post in account.posts} == {1767225600}
    assert all(post.caption.hashtags == ("sun", "fyp", "dance") for post in account.posts)


def test_a_caption_is_measured_as_the_service_does(tmp_path: Path):
    text = "Call 0170 1234567 or write to a@b.de about Live 2026-12-31 " * 4
    [account] = read_history_file(write(tmp_path, changed(caption=text)))
    assert repr(account.posts[0].caption) == repr(measure_caption(text, ["sun"]))
    assert account.posts[0].caption.length <= 150
