import math
from pathlib import Path

import pytest

from predictions.engine.data.csv_cells import MAX_PROBLEMS, BadHistoryFile
from predictions.engine.data.draft_file import COLUMNS, read_draft_file

ROW = "acc,d1,2026-01-01T00:00:00Z,2026-01-01T18:00:00Z,Hello #Sun?,15"


def write(folder: Path, *rows: str, header: str = ",".join(COLUMNS)) -> Path:
    path = folder / "drafts.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def changed(**cells: str) -> str:
    row = dict(zip(COLUMNS, ROW.split(","), strict=True))
    return ",".join((row | cells).values())


def problem(path: Path) -> str:
    with pytest.raises(BadHistoryFile) as caught:
        read_draft_file(path)
    return str(caught.value)


def test_drafts_are_read_in_order(tmp_path: Path):
    one, other = read_draft_file(write(tmp_path, changed(draft_id="d2", duration_s=""), ROW))
    assert (one.draft_id, other.draft_id) == ("d2", "d1")
    assert math.isnan(one.draft.duration_s)
    assert (other.account_id, other.asked_at, other.text) == ("acc", 1767225600, "Hello #Sun?")
    assert other.draft.publish_at == other.asked_at + 18 * 3600
    assert (other.draft.duration_s, other.draft.caption.hashtags, other.draft.cover) == (15.0, ("sun",), None)


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"publish_at": "2025-12-31T23:59:59Z"}, "publish_at", "before asked_at"),
        ({"asked_at": "yesterday"}, "asked_at", "expected one like"),
        ({"duration_s": "-1"}, "duration_s", "negative"),
        ({"duration_s": "nan"}, "duration_s", "no number"),
        ({"account_id": " "}, "account_id", "expected an id"),
        ({"draft_id": ""}, "draft_id", "expected an id"),
    ],
)
def test_a_bad_cell_is_named_with_its_line(tmp_path: Path, cells: dict[str, str], column: str, words: str):
    message = problem(write(tmp_path, changed(draft_id="d0"), changed(**cells)))
    assert message.startswith(f"{tmp_path / 'drafts.csv'}, line 3, column {column}: ")
    assert words in message
    assert "\n" not in message


def test_a_draft_stands_in_a_file_once(tmp_path: Path):
    assert "line 3, column draft_id: draft d1 stands in an earlier line" in problem(write(tmp_path, ROW, ROW))


def test_a_file_of_bad_rows_names_the_first_few(tmp_path: Path):
    bad = [changed(draft_id=f"d{i}", asked_at="never") for i in range(9)]
    assert len(problem(write(tmp_path, *bad)).splitlines()) == MAX_PROBLEMS


def test_a_broken_table_is_refused(tmp_path: Path):
    assert "missing columns caption, duration_s" in problem(write(tmp_path, ROW, header=",".join(COLUMNS[:4])))
    assert "the file is empty" in problem(write(tmp_path, header=""))
    assert "cells" in problem(write(tmp_path, ROW + ",more"))


def test_a_cover_that_leads_out_of_the_files_folder_is_refused(tmp_path: Path):
    header = ",".join([*COLUMNS, "media"])
    assert "column media" in problem(write(tmp_path, ROW + ",../secret.png", header=header))
    [filed] = read_draft_file(write(tmp_path, ROW + ",", header=header))
    assert filed.draft.cover is None
