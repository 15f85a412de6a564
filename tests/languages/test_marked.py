"""Every word of the pages can be translated: none stands in a template outside of a tag that marks it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR, "templates")
ENGLISH = ("admin", "design")
"""Folders of pages for staff and for who works on Postcast."""
NAMES = re.compile(r"\b(TikTok|Postcast|UTC|API|CSV|JSON|Allow|Disallow|User-agent|privacy)\b")
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-label", "content", "label")
_MARKED = re.compile(
    r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{% block page_class %\}.*?\{% endblock %\}"
    r"|\{% comment %\}.*?\{% endcomment %\}",
    re.DOTALL,
)
_TAG = re.compile(r"\{[%#{].*?[%#}]\}", re.DOTALL)
_LITERAL = re.compile(r"""(?:\blabel=|\|default:)"([^"]*[A-Za-z]{2}[^"]*)\"""")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.verbatim += tag in ("code", "pre", "script")
        if tag != "meta" or dict(attrs).get("name") == "description":
            self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.verbatim -= tag in ("code", "pre", "script")

    def handle_data(self, data: str) -> None:
        if not self.verbatim:
            self.found.append(data)


def unmarked(template: str) -> Iterator[str]:
    """Yield the words of a template that no tag marks."""
    template = _MARKED.sub(" ", template)
    yield from (found for tag in _TAG.findall(template) for found in _LITERAL.findall(tag))
    reader = _Words()
    reader.feed(_TAG.sub(" ", template))
    for words in reader.found:
        if re.search(r"[^\W\d_]{2}", NAMES.sub("", words)):
            yield " ".join(words.split())


def templates() -> list[Path]:
    return [
        path
        for path in sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")])
        if path.relative_to(TEMPLATES).parts[0] not in ENGLISH
    ]


def test_every_word_of_the_templates_is_marked() -> None:
    found = {
        str(path.relative_to(TEMPLATES)): words for path in templates() if (words := [*unmarked(path.read_text())])
    }
    assert found == {}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ('<nav aria-label="Main"></nav>', ["Main"]),
        ('{% include "a.html" with label="Try again" %}', ["Try again"]),
        ('<p>{% translate "Hello" %} {{ name }}</p>', []),
        ("<p>{% blocktranslate %}Hello {{ name }}{% endblocktranslate %} <code>likes</code></p>", []),
    ],
)
def test_words_are_found(template: str, words: list[str]) -> None:
    assert [*unmarked(template)] == words


def test_dates_are_written_by_the_formats_of_the_language() -> None:
    """Single parts and what machines read aside: `|date:"j M Y"` would be the same everywhere."""
    fixed = re.compile(r'\|date:"(?!\w+_FORMAT"|[cDlF]"|Y-m-d"|D j")[^"]*"')
    assert {path.name: found for path in templates() if (found := fixed.findall(path.read_text()))} == {}


def test_modules_hold_no_words() -> None:
    """What a module says stands in the page, in a data attribute."""
    words = re.compile(r"""["'`](?:[A-Z][a-z]+ [a-z]|[A-Z][a-z]+[.!?]["'`])""")
    modules = sorted(TEMPLATES.rglob("*.js"))
    assert modules
    found = {
        path.name: lines
        for path in modules
        if path.stem != "design"
        if (
            lines := [
                line
                for line in path.read_text().splitlines()
                if not line.lstrip().startswith("//") and words.search(line)
            ]
        )
    }
    assert found == {}
