"""What several comments ask for: groups told by the words that they share, and by nothing of one comment alone."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from posts.content.asking import FEWEST, MOST_THEMES, themes_of

RECIPE = ["Can you share the recipe?", "recipe please??", "what's the recipe for the sauce?", "Recipe?", "recipe pls?"]
PRAISE = ["beautiful sunset", "this sunset is so beautiful", "the sunset wow", "Sunset!!"]


def test_what_people_ask_for_is_counted() -> None:
    [question, theme] = themes_of([*RECIPE, *PRAISE, "first", "hello there"])
    assert (question.is_question, question.words[0], question.comments) == (True, "recipe", 5)
    assert (theme.is_question, theme.words[0], theme.comments) == (False, "sunset", 4)


def test_what_fewer_than_three_ask_is_not_told() -> None:
    assert themes_of(RECIPE[: FEWEST - 1]) == []


def test_no_name_contact_or_rare_word_comes_out() -> None:
    texts = [
        "recipe please @mia.makes? mail me: a@example.com",
        "recipe please @mia.makes? call 0170 1234567",
        "recipe please @mia.makes? I am Zacharias",
        "recipe please @mia.makes? a@example.com",
    ]
    words = {word for theme in themes_of(texts) for word in theme.words}
    assert "recipe" in words
    assert not words & {"mia.makes", "mia", "makes", "zacharias", "a@example.com", "example", "mail", "removed"}


def test_questions_in_other_languages() -> None:
    texts = ["¿Cuál es la receta?", "la receta por favor?", "receta?", "Wo ist das?", "Wo ist denn das Hotel?"]
    assert [(theme.words[0], theme.comments) for theme in themes_of(texts)] == [("receta", 3)]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from([*RECIPE, *PRAISE]), max_size=40))
def test_every_theme_rests_on_enough_comments(texts: list[str]) -> None:
    themes = themes_of(texts)
    assert len(themes) <= MOST_THEMES
    assert sum(theme.comments for theme in themes) <= len(texts)
    for theme in themes:
        assert theme.comments >= FEWEST
        for word in theme.words:
            folded = [unicodedata.normalize("NFKC", text).casefold() for text in texts]
            assert sum(word in text for text in folded) >= FEWEST or not word.isascii()
