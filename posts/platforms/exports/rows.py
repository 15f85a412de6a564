"""Rows of imported files, and the problems that end a row or a file."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from posts.platforms.base import FetchedCounts

MAX_ROWS = 200_000
"""Rows that one file may have: a post an hour for twenty years."""


class BadFile(ValueError):
    """The file cannot be imported; the message says in a sentence what was wrong and what is expected."""


class BadRow(ValueError):
    """The row cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A post, or one observation of it. Texts are empty and the rest is None where the file does not say."""

    number: int
    """Place in the file: of the row in its list, from 1; of the line in a table."""
    id: str
    """The platform's id of the post; empty where the file names none."""
    posted_at: datetime | None
    """In UTC; None only in rows that programs push about posts known by their id."""
    caption: str
    duration_s: int | None
    share_url: str
    is_ai_generated: bool | None
    counts: FetchedCounts
    observed_at: datetime | None
    """Moment at which the counts were read; None: unknown, at the latest when the file came."""
    followers: int | None = None
    """Of the account at `observed_at`."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is left out, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Comment:
    """The text of a comment on a post of the file's owner; for counting what people ask for, never stored."""

    post_id: str
    text: str


@dataclass(slots=True)
class FileFacts:
    """Facts of a file; complete once all of its rows were read."""

    origin: Literal["export", "csv"] = "export"
    layout: str = ""
    """In words, e.g. "Post > Posts > VideoList in user_data_tiktok.json"."""
    username: str = ""
    """The account's user name; empty where the file does not say."""
    followers: int | None = None
    notes: list[str] = field(default_factory=list)
    """Sentences for the person: what else was seen, and not used."""


ReadRow = ImportedRow | Skipped | Comment
