"""Sentences that are stored or answered in English, told in the language of a page.

What a forecast, an import or the API says is composed in English by code that knows no language: the engine is free of
Django, and a row is read by its person on pages and by their programs. `sentences` lists the patterns; a page
recognises a sentence by its pattern and writes it in its own language, and what stands in it in turn.
"""

import re
from datetime import UTC, datetime
from functools import cache

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import lazy
from django.utils.translation import get_language, gettext, ngettext

from config.languages.sentences import PLURALS, SENTENCES, Plural

_PLACE = re.compile(r"%\\?\((\w+)\\?\)s")
_NUMBER = re.compile(r"[0-9]{1,3}(,[0-9]{3})*|[0-9]+")
_MOMENT = re.compile(r"([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}, [0-9]{2}:[0-9]{2}) UTC")
_SHAPES = {"happened": r".+?\."}
"""Places that hold a whole sentence."""
_VERBATIM = frozenset(("name", "text"))
"""Places of people's own words, which are never taken for ours."""


def told(english: object) -> str:
    """Return the English sentence in the active language, or as it is where no pattern fits; moments are local."""
    text = str(english)
    if not text:
        return text
    if (get_language() or "en").startswith("en"):
        return _MOMENT.sub(_local, text)
    whole = gettext(text)
    if whole != text:
        return whole
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(text):
            places = {
                name: value if name in _VERBATIM else _told_place(value) for name, value in found.groupdict().items()
            }
            return _written(sentence, found.groupdict()) % places
    return text


told_lazy = lazy(told, str)
"""The same of choices and labels, which are made before any request."""


def _written(sentence: str | Plural, places: dict[str, str]) -> str:
    if isinstance(sentence, str):
        return gettext(sentence)
    return ngettext(sentence.one, sentence.many, int(places[sentence.counted].replace(",", "")))


def _told_place(value: str) -> str:
    if _NUMBER.fullmatch(value):
        return number_format(int(value.replace(",", "")), use_l10n=True, force_grouping="," in value)
    if moment := _MOMENT.fullmatch(value):
        return _local(moment)
    return told(value)


def _local(moment: re.Match[str]) -> str:
    """Return a moment in UTC as the clock of the active time zone shows it; where that is UTC, it says so."""
    at = datetime.strptime(moment[1], "%d %b %Y, %H:%M").replace(tzinfo=UTC)
    zone = timezone.get_current_timezone_name()
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") + (" UTC" if zone == "UTC" else "")


@cache
def _patterns() -> list[tuple[re.Pattern[str], str | Plural]]:
    """Return each sentence with its pattern, those with the most words of their own first."""
    sentences: list[tuple[str, str | Plural]] = [(each, each) for each in SENTENCES if "%(" in each]
    for plural in PLURALS:
        sentences += [(plural.one, plural), (plural.many, plural)]
    sentences.sort(key=lambda each: -len(_PLACE.sub("", each[0])))
    return [(_pattern(words, sentence), sentence) for words, sentence in sentences]


def _pattern(words: str, sentence: str | Plural) -> re.Pattern[str]:
    def place(found: re.Match[str]) -> str:
        counted = isinstance(sentence, Plural) and found[1] == sentence.counted
        shape = "[0-9,]+" if counted else _SHAPES.get(found[1], ".+?")
        return f"(?P<{found[1]}>{shape})"

    return re.compile(_PLACE.sub(place, re.escape(words)), re.DOTALL)
