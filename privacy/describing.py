"""The declarations as people read them: by category on the privacy page, table by table in docs/data-map.md."""

from dataclasses import dataclass

from privacy.declarations import Artefact, Files, RedisKeys, Table, declared

HEADER = """# Data map

What is kept of people. Made from the declarations in each app's `data_map.py` by `manage.py data_map --write`; a
test fails where this page is behind them, and `manage.py check` where a table or a column is not declared.

Each row of a person's data in a table of ours carries five more columns, stamped as it is written
(`privacy/models/legal.py`): `source` (TikTok, the person, or made here), `consent_version` (the text that it rests
on), `provenance` (the request or task that wrote it, as the logs name it), `retain_until` (moved by every sign-in)
and `transformation` (a fingerprint of the code that made it). Tables of libraries cannot carry them.

**Never kept:** captions and covers beyond the moment they are measured in, cover addresses, pictures that a person
uploads with a draft, `location` and other `metadata` of a draft, e-mail addresses, phone numbers, direct messages,
non-public posts.

The caption's embedding is a hash of its words and fragments of words, and a direction that says what its English
words mean. Their order is lost, but somebody who holds it can confirm a guessed text, and with a dictionary tell
which words a short caption likely holds and what it is about: treat it as personal.
"""


@dataclass(frozen=True, slots=True)
class Category:
    """Declarations that are one thing to the people whom they concern."""

    name: str
    whys: tuple[str, ...]
    retentions: tuple[str, ...]


def categories() -> list[Category]:
    """What is kept of people who sign in, in the order of the apps; each sentence once."""
    found: dict[str, list[Table | Files]] = {}
    for each in declared():
        if isinstance(each, Table | Files) and each.personal and not (isinstance(each, Table) and each.of_staff):
            found.setdefault(each.category, []).append(each)
    return [
        Category(
            name,
            tuple(dict.fromkeys(each.why for each in members)),
            tuple(dict.fromkeys(each.retention.text for each in members)),
        )
        for name, members in found.items()
    ]


def document() -> str:
    """The text of docs/data-map.md."""
    parts = [HEADER]
    for each in declared():
        if isinstance(each, Table):
            parts.append(_table(each))
    parts.append("## Outside of the database\n\n| what | personal | why | how long | erasure |\n|---|---|---|---|---|")
    text = "\n".join(parts)
    for each in declared():
        if isinstance(each, RedisKeys):
            text += (
                f"\n| Redis, `{each.prefix}` | {_yes(each.personal)} | {each.why} | {each.retention.text} | deleted |"
            )
        elif isinstance(each, Files):
            text += f"\n| {each.name} | {_yes(each.personal)} | {each.why} | {each.retention.text} | {each.erased} |"
        elif isinstance(each, Artefact):
            text += f"\n| {each.name} | pseudonyms | {each.why} | {each.retention.text} | {each.erased} |"
    return text + "\n"


def _table(table: Table) -> str:
    purposes = ", ".join(table.purposes) or "none"
    lines = [
        f"## `{table.model}`\n",
        f"{table.category}. {table.why}.\n",
        f"Purposes: {purposes}. Basis: {table.basis}. Kept: {table.retention.text}. Erasure: {table.erased}.\n",
        "| column | personal | what |",
        "|---|---|---|",
    ]
    for column, meaning in table.personal.items():
        shown = " (exported in another form)" if column in table.exported else ""
        lines.append(f"| `{column}` | yes | {meaning}{shown} |")
    for column, meaning in table.plain.items():
        lines.append(f"| `{column}` | no | {meaning} |")
    return "\n".join(lines) + "\n"


def _yes(personal: bool) -> str:
    return "yes" if personal else "no"
