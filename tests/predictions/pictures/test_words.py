"""A picture in one sentence: in each language, and never more than what was measured."""

import re
from dataclasses import replace
from itertools import product

import pytest
from django.utils.translation import override

from posts.content.pictures import Colour, DraftCover, Nudity
from predictions.pictures.words import Facts, alt_text, facts_of, picture_answer

COVER = DraftCover(
    0.7, 0.2, 0.3, 20.0, 5.0, faces=2, text_share=0.08, colours=(Colour.BLUE, Colour.WHITE), nudity=Nudity.FINE
)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en-gb", "A bright, mostly blue and white picture of two people, with text on it."),
        ("de", "Ein helles, überwiegend blaues und weißes Bild mit zwei Personen, mit Text darauf."),
        ("ar", "صورة ساطعة يغلب عليها الأزرق والأبيض وفيها شخصان، وعليها نص."),
    ],
)
def test_it_is_one_sentence_in_the_persons_language(language: str, sentence: str) -> None:
    with override(language):
        assert alt_text(facts_of(COVER)) == sentence


def test_it_tells_what_was_measured_and_nothing_else() -> None:
    for light, faces, colours, has_text in product(
        ("", "bright", "dark"), (0, 1, 2, 4), ((), (Colour.RED,), (Colour.RED, Colour.BLACK)), (None, False, True)
    ):
        said = alt_text(Facts(light, faces, colours, has_text))
        assert ("person" in said, "people" in said) == (faces == 1, faces > 1), said
        assert ("at least 4" in said) == (faces == 4)
        assert ("text" in said) == bool(has_text)
        assert {word for word in ("bright", "dark", "red", "black") if word in said} == {light, *colours} - {""}
        assert not re.search(r"\b(man|woman|men|women|boy|girl|child|young|old)\b", said)
        assert re.fullmatch(r"A [^.]+\.", said), said


def test_what_lies_between_or_was_not_looked_for_is_not_told() -> None:
    plain = replace(COVER, brightness=0.5, faces=0, colours=(), text_share=None)
    assert alt_text(facts_of(plain)) == "A picture."
    # a few specks are no text, and a measure of an older version is no fact
    assert facts_of(replace(COVER, text_share=0.01, faces=None)) == Facts("bright", 0, COVER.colours, False)


def test_the_api_answers_each_language_with_the_facts() -> None:
    answer = picture_answer(COVER)
    assert answer is not None
    assert list(answer["alt_texts"]) == ["en-gb", "de", "ar"]
    assert answer["alt_texts"]["de"].startswith("Ein helles")
    assert answer["facts"] == {"light": "bright", "colours": ["blue", "white"], "faces": 2, "has_text": True}
    assert (answer["nudity"]["result"], answer["nudity"]["threshold"]) == ("fine", 0.8)
    assert picture_answer(None) is None
