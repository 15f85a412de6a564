"""Sentences composed in English are told in the language of the page, with local times and numbers."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from config.languages.sentences import PLURALS, SENTENCES
from config.languages.told import told
from posts.ingest.words import moment, posts_of

AT = datetime(2026, 11, 27, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Ask a question", "Stell eine Frage"),
        (
            "your 12 posts with a question; 1,234 creators like you",
            "deine 12 Posts mit einer Frage; 1.234 Creator wie dich",
        ),
        (
            "Publish on Tuesday, 3 November at 18:00 (your local time, Europe/Berlin)",
            "Veröffentliche am Dienstag, 3. November um 18:00 (deine Ortszeit, Europe/Berlin)",
        ),
        ("Add #sunset", "Füge #sunset hinzu"),
        (
            "TikTok asked Postcast to pause. 1 of 1,200 posts are here so far. Postcast asks again by itself in a "
            "moment; you can also try now.",
            "TikTok hat Postcast um eine Pause gebeten. Bisher sind 1 von 1.200 Posts da. Postcast fragt gleich von "
            "selbst noch einmal; du kannst es auch jetzt versuchen.",
        ),
        ("far ahead: 40 days from now your account may be another one, and the range does not allow for that", None),
        ("likes and comments", "Likes und Kommentare"),
    ],
)
def test_a_sentence_is_told_in_german(english: str, german: str | None) -> None:
    with translation.override("de"):
        assert told(english) == german if german else told(english) != english


def test_english_stays_but_for_its_moments() -> None:
    """A page in English says local times too; where no zone is known it says that it means UTC."""
    sentence = f"Your posts were last read on {moment(AT)}; what happened since is not known here."
    with translation.override("en-gb"):
        assert told(sentence) == sentence
        with timezone.override(ZoneInfo("Europe/Berlin")):
            assert "27 Nov 2026, 15:05;" in told(sentence)
    with translation.override("de"), timezone.override(ZoneInfo("Europe/Berlin")):
        assert "27. Nov 2026, 15:05 gelesen" in told(sentence)


@pytest.mark.parametrize("number", [1, 2, 5, 11, 100])
def test_arabic_counts_in_six_forms(number: int) -> None:
    forms = {1: "منشور واحد", 2: "منشوران", 5: "5 منشورات", 11: "11 منشورًا", 100: "100 منشور"}
    with translation.override("ar"):
        assert told(posts_of(number)) == forms[number]


def filled(sentence: str) -> str:
    """Put words of nobody into the places; `happened` holds a whole sentence."""
    return sentence.replace("%(happened)s", "<happened>.").replace("%(", "<").replace(")s", ">")


def test_no_sentence_is_lost_behind_another() -> None:
    """A pattern that is more general must not take the sentence of another."""
    with translation.override("de"):
        for english in (each for each in SENTENCES if "%(" in each):
            assert told(filled(english)) == filled(translation.gettext(english))
        for plural in PLURALS:
            seven = filled(plural.many.replace(f"%({plural.counted})s", "7"))
            assert told(seven) != seven
