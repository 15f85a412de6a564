"""The declarations as documents: by category on the privacy page, table by table in docs/data-map.md."""

from collections.abc import Iterable
from dataclasses import dataclass

from privacy.declarations.kinds import Artefact, Files, Messages, RedisKeys, Table
from privacy.declarations.registry import declared
from privacy.purposes import Basis, Purpose
from privacy.texts import current_text

HEADER = """# Data map

What is kept of people. Made by `manage.py data_map --write` from the declarations at the models' columns and in each
app's `data_map.py`; a test fails where this page is behind them, and `manage.py check` where a table or a column is
not declared.

Each row of a person's data in a table of ours carries five more columns, stamped as it is written
(`privacy/models/legal.py`): `source` (TikTok, the person, or made here), `consent_version` (what it rested on when
it was last written: the version that the person agreed to, `none` without consent, or a basis that is no consent),
`provenance` (the request or task that wrote it, as the logs name it), `retain_until` (moved by a sign-in where it
ends with the account) and `transformation` (the commit of the code that wrote it). Where a table of ours bears none it
says why. Tables of libraries cannot carry them: of people who sign in with TikTok that is the sign-in alone
(`socialaccount.SocialAccount`), beside a row of `accounts.User` that has them.

**Never kept:** captions and covers beyond the moment they are measured in, cover addresses, pictures that a person
uploads with a draft, `location` and other `metadata` of a draft, e-mail addresses, phone numbers, direct messages,
non-public posts.

The caption's embedding is a hash of its words and fragments of words, and a direction that says what it is about,
from a sentence encoder. Neither is the text, but somebody who holds them can confirm a guessed text, with a
dictionary tell which words a short caption likely holds, and with a model trained for that write down much of what a
short one says: treat it as the text itself.
"""

GROUNDS = {
    Basis.LEGAL_OBLIGATION: "The law, which has us answer for what is done with your data",
    Basis.LEGITIMATE_INTEREST: "A legitimate interest in a service that works and is not misused",
}
OUTSIDE = """## Outside of the database

| what | category | personal | why | purposes | basis | how long | export | erasure |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Category:
    """Declarations that are one thing to people."""

    name: str
    whys: tuple[str, ...]
    grounds: tuple[str, ...]
    retentions: tuple[str, ...]


def categories() -> list[Category]:
    """Return what is kept of people who sign in, in the order of the apps; each sentence once."""
    by_name: dict[str, list[Table | RedisKeys | Files]] = {}
    for each in declared():
        if (
            isinstance(each, Table | RedisKeys | Files)
            and each.personal
            and not (isinstance(each, Table) and each.of_staff)
        ):
            by_name.setdefault(each.category, []).append(each)
    return [
        Category(
            name,
            tuple(dict.fromkeys(each.why for each in members)),
            _grounds(members),
            tuple(dict.fromkeys(each.retention.text for each in members)),
        )
        for name, members in by_name.items()
    ]


def _grounds(members: Iterable[Table | RedisKeys | Files]) -> tuple[str, ...]:
    """Return the grounds in words for people: consents together, by the titles of their texts; then other grounds."""
    consented = {purpose for each in members if each.basis == Basis.CONSENT for purpose in each.purposes}
    titles = [current_text(purpose).title for purpose in Purpose if purpose in consented]
    asked = [f"Your consent to {', '.join(f'{title[0].lower()}{title[1:]}' for title in titles)}"] if titles else []
    return (*asked, *dict.fromkeys(GROUNDS[each.basis] for each in members if each.basis != Basis.CONSENT))


def document() -> str:
    """Return the text of docs/data-map.md."""
    parts = [HEADER]
    for each in declared():
        if isinstance(each, Table):
            parts.append(_table(each))
    parts.append(OUTSIDE)
    parts += [_line(each) for each in declared() if not isinstance(each, Table)]
    return "\n".join(parts) + "\n"


def _line(each: RedisKeys | Messages | Files | Artefact) -> str:
    if isinstance(each, Messages):
        what = f"The number of a row of `{each.table}`"
        return f"| messages to `{each.task}` | | yes | {what} | | | until done | not: numbers alone | taken out |"
    if isinstance(each, Artefact):
        name, personal, purposes = each.name, "pseudonyms", each.purpose.value
    else:
        name = f"Redis, `{each.prefix}`" if isinstance(each, RedisKeys) else each.name
        personal, purposes = _yes(each.personal), ", ".join(each.purposes)
    cells = [
        name,
        each.category,
        personal,
        each.why,
        purposes,
        each.basis,
        each.retention.text,
        each.exported,
        each.erased,
    ]
    return f"| {' | '.join(cells)} |"


def _table(table: Table) -> str:
    purposes = ", ".join(table.purposes) or "none"
    lines = [
        f"## `{table.model}`\n",
        f"{table.category}. {table.why}.\n",
        f"Purposes: {purposes}. Basis: {table.basis}. Kept: {table.retention.text}. Erasure: {table.erased}.\n",
        *([f"Not stamped: {table.unstamped}.\n"] if table.unstamped else []),
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
