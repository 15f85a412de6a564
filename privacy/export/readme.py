"""The README of an archive."""

from collections.abc import Iterator

from django.utils import timezone

from privacy.declarations.kinds import Artefact, Files, RedisKeys, Table
from privacy.declarations.registry import declared
from privacy.export.columns import TRAIL_FILE, TRAIL_MEANINGS

INTRODUCTION = """# Your data at Postcast

Made on {made_at}. This is all that Postcast keeps of you. Each kind of data is there twice, with the same content: as
JSON (for programs) and as CSV (for spreadsheets; a text that a spreadsheet would take for a formula or round as a
number, as TikTok's ids of posts, has a ' before it). The folder `schemas` describes each JSON file. Times are in UTC.

A list of posts or forecasts can change while the copy is made; JSON and CSV of one kind are of the same moment.

"""


def readme(exported: list[Table]) -> str:
    """Return the text of README.md: each file, what its columns mean, and what is left out."""
    parts = [INTRODUCTION.format(made_at=timezone.now().strftime("%-d %B %Y, %H:%M UTC"))]
    for table in exported:
        parts.append(f"## {table.model.lower()}\n\n{table.category}. {table.why}. Kept {table.retention.text}.\n")
        parts += [f"- `{column}`: {meaning}" for column, meaning in table.personal.items()]
        parts.append("")
    parts.append(f"## {TRAIL_FILE}\n\nWho looked at your data or changed it.\n")
    parts += [f"- `{column}`: {meaning}" for column, meaning in TRAIL_MEANINGS.items()]
    parts.append("\n## In every file of a table of Postcast's own\n")
    stamps = {column: meaning for table in exported for column, meaning in table.stamps.items()}
    parts += [f"- `{column}`: {meaning}" for column, meaning in stamps.items()]
    return "\n".join([*parts, *_left_out(exported)]) + "\n"


def _left_out(exported: list[Table]) -> Iterator[str]:
    """Yield what is kept and is not in the archive, or not as it is kept, and why."""
    yield "\n## What is not in here, or not as it is kept\n"
    for table in exported:
        for column in table.exported:
            yield f"- `{table.model.lower()}`, `{column}` is not given as it is kept, but as: {table.personal[column]}"
    for each in declared():
        if isinstance(each, Table):
            if each.of_staff:
                yield f"- {each.category} ({each.why}): it concerns staff alone"
        elif isinstance(each, Artefact) or (isinstance(each, RedisKeys | Files) and each.personal):
            name = each.name if not isinstance(each, RedisKeys) else each.why
            yield f"- {name[0].upper()}{name[1:]}: {each.exported}"
    yield "- Columns that say nothing of you: keys and bookkeeping of the service, as docs/data-map.md lists them"
    yield "- Tables that concern nobody, such as the versions of the model"
