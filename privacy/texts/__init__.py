"""The texts that people agree to: `<purpose>/<version>.md`. A released one is never changed; a new version is added."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.purposes import Purpose

FOLDER = Path(__file__).parent

SUMMARIES: dict[Purpose, Promise] = {
    Purpose.SERVICE: _("Reads your public posts and their counts, and forecasts the next ones."),
    Purpose.LEARNING: _(
        "Learns from your figures, with many other accounts’, what works for everybody. No names, no texts."
    ),
    Purpose.DRAFTS: _("Keeps your captions, drafts and comments, for you and those whom you let in."),
    Purpose.OUTCOMES: _("Compares each forecast with what its post did, so that you see how right it was."),
    Purpose.WRITING: _("Suggests captions that sound like you, from those that are kept. They are for you alone."),
    Purpose.COMPARING: _("Shows staff two of your kept captions at a time, without your name, to check the score."),
}
"""One sentence each, above the text that a person agrees to; a text that says something else needs another."""


@dataclass(frozen=True, slots=True)
class Text:
    """One version of what a person agrees to."""

    purpose: Purpose
    version: int
    title: str
    paragraphs: tuple[tuple[str, str], ...]
    """Heading (what, what for, how long, with whom, your choice) and words."""
    fingerprint: str

    @property
    def summary(self) -> str:
        """The purpose in one sentence."""
        return str(SUMMARIES[self.purpose])


@cache
def current_text(purpose: Purpose) -> Text:
    """Return the newest text of the purpose."""
    return read_text(purpose, max(int(path.stem) for path in (FOLDER / purpose).glob("*.md")))


@cache
def read_text(purpose: Purpose, version: int) -> Text:
    """Return one version of the purpose's text."""
    words = (FOLDER / purpose / f"{version}.md").read_text(encoding="utf-8")
    title, *paragraphs = [part.strip() for part in words.split("\n\n")]
    return Text(
        purpose=purpose,
        version=version,
        title=title.removeprefix("# "),
        paragraphs=tuple(_heading_and_words(each) for each in paragraphs),
        fingerprint=hashlib.sha256(words.encode()).hexdigest(),
    )


def _heading_and_words(paragraph: str) -> tuple[str, str]:
    heading, words = paragraph.removeprefix("**").split("** ", 1)
    return heading.rstrip("."), words
