"""The draft file format: a CSV file (UTF-8, plain or gzip), one row per draft.

Columns: `COLUMNS`, and optionally `media`, the path of a cover picture relative to the file. An empty
`duration_s` means unknown.
"""

from dataclasses import dataclass
from pathlib import Path

from posts.content.captions import measure_caption
from predictions.engine.data.csv_cells import (
    MAX_PROBLEMS,
    BadCell,
    BadHistoryFile,
    cover_of,
    moment_of,
    number_of,
    read_text,
    rows_of,
    text_of,
)
from predictions.engine.types import Draft

COLUMNS = ("account_id", "draft_id", "asked_at", "publish_at", "caption", "duration_s")


@dataclass(frozen=True, slots=True)
class FiledDraft:
    """A draft of a file; times are epoch seconds."""

    account_id: str
    draft_id: str
    asked_at: int
    text: str
    draft: Draft


def read_draft_file(path: Path) -> list[FiledDraft]:
    """Return the file's drafts in order.

    Raises BadHistoryFile when the file or a row breaks the format, and OSError when it cannot be opened.
    """
    drafts: dict[str, FiledDraft] = {}
    problems: list[str] = []
    for line, row in rows_of(path, read_text(path, COLUMNS), COLUMNS):
        try:
            filed = _filed(row, path.resolve().parent)
            if filed.draft_id in drafts:
                raise BadCell("draft_id", f"draft {filed.draft_id} stands in an earlier line too.")
            drafts[filed.draft_id] = filed
        except BadCell as problem:
            problems.append(f"{path}, line {line}, {problem}")
            if len(problems) == MAX_PROBLEMS:
                break
    if problems:
        raise BadHistoryFile("\n".join(problems))
    return list(drafts.values())


def _filed(row: dict[str, str], folder: Path) -> FiledDraft:
    asked_at, publish_at = moment_of(row, "asked_at"), moment_of(row, "publish_at")
    if publish_at < asked_at:
        raise BadCell("publish_at", f"{row['publish_at']} is before asked_at; expected a moment still to come.")
    draft = Draft(
        publish_at=publish_at,
        caption=measure_caption(row["caption"]),
        duration_s=number_of(row, "duration_s"),
        sound="",
        cover=cover_of(folder, row.get("media", "").strip()),
    )
    return FiledDraft(text_of(row, "account_id"), text_of(row, "draft_id"), asked_at, row["caption"], draft)
