"""Each catalogue has every word of the pages, and nothing else; what is compiled is what is written."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from tests.languages import catalogues

PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w+")
UP_TO_DATE = "run `python -m tests.languages.catalogues`"


@pytest.fixture(scope="module")
def words() -> set[tuple[str | None, catalogues.Words]]:
    return set(catalogues.words_of_the_pages())


def messages(language: str) -> Iterator[Message]:
    return (each for each in catalogues.read(language) if each.id)


@pytest.mark.parametrize("language", catalogues.languages())
class TestCatalogue:
    def test_it_has_every_word_of_the_pages_and_no_other(
        self, language: str, words: set[tuple[str | None, catalogues.Words]]
    ) -> None:
        assert {(each.context, each.id) for each in messages(language)} == words, UP_TO_DATE

    def test_every_word_is_translated(self, language: str) -> None:
        missing = [each.id for each in messages(language) if each.fuzzy or not all(catalogues.strings(each))]
        assert missing == []

    def test_translations_keep_places_and_markup(self, language: str) -> None:
        """A plural form may write its number as a word."""
        broken = []
        for each in messages(language):
            wanted = set(PLACES.findall(each.id if isinstance(each.id, str) else each.id[1]))
            for text in catalogues.strings(each):
                found = set(PLACES.findall(text))
                if found - wanted or (isinstance(each.id, str) and wanted - found):
                    broken.append(text)
        assert broken == []

    def test_what_is_compiled_is_what_is_written(self, language: str) -> None:
        compiled = catalogues.path_of(language).with_suffix(".mo").read_bytes()
        assert compiled == catalogues.compiled(catalogues.read(language)), UP_TO_DATE
