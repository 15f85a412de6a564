"""Every account has a name that can be seen, and none changes the order of what stands beside it."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from accounts.models import TikTokAccount
from accounts.names import is_visible

TEMPLATES = Path(__file__).parents[2] / "templates"
INVISIBLE = ["", " ", "\u3164", "\u200d", "\u2800", "\u00ad", "\u180e", "\ufe0f", "\u0301", "\U000e0067\U000e007f",
             "\uffa0 \u115f", "\u202e", "\u2060\ufeff", "\x00\n", "\u17b4", "\U0001d159"]  # fmt: skip
VISIBLE = ["Ana", "مريم", "שלום", "王", "🦊", "_", "·", "1", "\u3164a", "é", "e\u0301", "👨‍👩‍👧", "คน"]


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_name_that_shows_nothing_gives_way(name):
    assert not is_visible(name)
    account = TikTokAccount(display_name=name, username="fox.fern")
    assert account.name == "fox.fern"
    account.username = name
    assert account.name == f"TikTok account …{account.public_id[-4:]}"


@pytest.mark.parametrize("name", VISIBLE)
def test_a_name_that_shows_something_is_kept_and_isolated(name):
    assert is_visible(name)
    account = TikTokAccount(display_name=name)
    assert account.name == name
    assert render_to_string("shared/account_name.html", {"account": account}) == f"<bdi>{name}</bdi>\n"


def test_what_creators_write_is_isolated_in_every_template():
    """Right-to-left words change places with numbers beside them, unless they are isolated."""
    written = re.compile(
        r"\{\{ ?(?!form)(?:tag|[\w.]*\b(?:caption|username|display_name|token\.name|token_name|told\.title))\b[^}]*\}\}"
    )
    isolated = re.compile(r"<(?:bdi\b[^>]*|[a-z]+[^>]*dir=\"auto\"[^>]*)>(?:\{% [^%]* %\})*[@#]?$")
    found = 0
    for page in TEMPLATES.rglob("*.html"):
        text = page.read_text(encoding="utf-8").replace(
            '{% if forecast.caption %} dir="auto"{% endif %}', ' dir="auto"'
        )
        for each in written.finditer(text):
            found += 1
            assert isolated.search(text[: each.start()]), (page, each[0])
    assert found >= 8
