"""Language, tone, first words, requests and reading ease of captions; and TikTok's rules."""

import io
import json
import math
import time

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posts.content.captions import MAX_CAPTION, measure_caption
from posts.content.platform_rules import check_rules
from posts.content.tone import words_tone_of
from posts.content.wording import Hook
from predictions.engine.data.history import content_of
from tests.engine.synthetic import draft


def tone(text: str) -> float:
    measured = measure_caption(text).sentiment
    assert measured is not None
    return measured


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We baked this bread with our own sourdough, and it took two days", "en"),
        ("Hoy vamos a la playa con toda la familia", "es"),
        ("I dag var jeg på besøg hos en skole, hvor børnene spiste morgenmad", "da"),
        ("Hôm nay mình đi chơi với gia đình", "vi"),
        ("日本語の写真 とても綺麗", "ja"),
        # hashtags, names and links have no language
        ("Wir haben heute Brot gebacken #thebestofthebest @the_new_york_times https://example.org/the/news", "de"),
    ],
)  # fmt: skip
def test_the_language_of_a_caption_is_told(text, language):
    assert measure_caption(text).language == language


@pytest.mark.parametrize(
    "text", ["", "ok", "😂😂😂", "#love #instagood #photography", "@somebody @someone", "123 456 7890"]
)
def test_where_the_language_cannot_be_told_it_is_unknown(text):
    assert measure_caption(text).language == ""


@pytest.mark.parametrize(
    "text", ["I love this so much!", "The worst day of my life", "We walked along the river #sunset and #love"]
)
def test_the_tone_of_english_is_that_of_its_words_and_hashtags(text):
    m = measure_caption(text)
    assert (m.language, m.sentiment) == ("en", words_tone_of(text))


def test_another_language_has_the_tone_of_its_emoji_and_none_without():
    plain = measure_caption("Hoy vamos a la playa con toda la familia")
    assert (plain.language, plain.sentiment, plain.emoji_sentiment) == ("es", None, None)
    glad = measure_caption("Hoy vamos a la playa con toda la familia 😍")
    sad = measure_caption("Hoy vamos a la playa con toda la familia 😭💔")
    assert (glad.sentiment, sad.sentiment) == (glad.emoji_sentiment, sad.emoji_sentiment)
    assert tone("Hoy vamos a la playa con toda la familia 😍") > 0.5
    assert tone("Hoy vamos a la playa con toda la familia 😭💔") < 0
    # the English names of these two say the contrary
    assert tone("🔥") > 0
    assert tone("💪") > 0.3


def test_an_emoji_of_any_skin_or_newer_than_the_ranking_has_a_tone():
    assert measure_caption("👍🏿").sentiment == measure_caption("👍").sentiment
    assert measure_caption("❤️").sentiment == measure_caption("❤").sentiment
    assert tone("🥰") > 0


def test_a_tone_that_cannot_be_read_is_neutral_to_the_forecast():
    unread, neutral = (
        content_of(draft(0, caption=measure_caption(t))) for t in ("日本語の写真 とても綺麗", "Sunset at the pier")
    )
    assert all(math.isfinite(value) for value in unread.numbers[:11])
    assert unread.numbers[9] == neutral.numbers[9] == 0


@pytest.mark.parametrize(
    ("text", "hook"),
    [
        ("POV: you are late again", Hook.POV),
        ("✨ pov you bake", Hook.POV),
        ("Hey guys, new video!", Hook.GREETING),
        ("Hola a todos, hoy cocinamos", Hook.GREETING),
        ("Wait for it... 😂", Hook.TEASER),
        ("Here’s why I left my job", Hook.TEASER),
        ("Part 12 of my trip", Hook.TEASER),
        ("Espera hasta el final", Hook.TEASER),
        ("What would you cook with this? Tell me.", Hook.QUESTION),
        ("Did you know that cats dream", Hook.QUESTION),
        ("日本語が話せますか？", Hook.QUESTION),
        ("Cómo hacer pan en casa, receta de mi abuela", Hook.QUESTION),
        ("5 ways to fold a shirt", Hook.NUMBER),
        ("My top 10 songs", Hook.NUMBER),
        ("Stop scrolling and look at this", Hook.COMMAND),
        ("#cooking @friend Watch me bake", Hook.COMMAND),
        ("Regardez bien ce que le chien fait avec la balle", Hook.COMMAND),
        ("Sunset at the pier. Do you like it?", Hook.STATEMENT),
        ("2024 was a year", Hook.STATEMENT),
        ("3 am thoughts", Hook.STATEMENT),
        ("Hidden places of the city", Hook.STATEMENT),
        ("", Hook.NONE),
        ("#only #tags 😀", Hook.NONE),
    ],
)
def test_the_first_words_have_a_kind(text, hook):
    assert measure_caption(text).hook == hook


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("Sunset at the pier", 0),
        ("I like this, and comments are a gift to follow", 0),
        ("Follow me for more", 1),
        ("Don’t forget to follow", 1),
        ("Save this for later and share it with a friend, link in bio!", 3),
        ("Tell me in the comments. Tell me in the comments!", 1),
        ("Sígueme para más recetas como esta y compártelo", 2),
        ("Abonnez-vous pour la suite, lien en bio", 2),
        ("Folgt mir für mehr davon und schreibt es in die Kommentare", 2),
        ("#follow #like #duet", 0),
    ],
)
def test_requests_to_viewers_are_counted_by_kind(text, requests):
    assert measure_caption(text).call_to_action == requests


def test_reading_ease_is_flesch_s_and_only_of_enough_english():
    easy = measure_caption("The cat sat on the mat. It was a good day.")
    # 11 words of one syllable in two sentences
    assert easy.reading_ease == pytest.approx(206.835 - 1.015 * 11 / 2 - 84.6)
    hard = measure_caption("Interdisciplinary collaboration facilitates transformational organisational understanding")
    assert hard.reading_ease == 0
    for text in ("A good day", "Hoy vamos a la playa con toda la familia", ""):
        assert measure_caption(text).reading_ease is None


@hypothesis_settings(deadline=None)
@given(st.text(max_size=300))
def test_measures_of_any_text_stay_in_their_ranges(text):
    m = measure_caption(text)
    assert m.sentiment is None or -1 <= m.sentiment <= 1
    assert m.emoji_sentiment is None or -1 <= m.emoji_sentiment <= 1
    assert m.reading_ease is None or 0 <= m.reading_ease <= 121.22
    assert m.hook in set(Hook)
    assert 0 <= m.call_to_action <= 7
    assert len(m.language) <= 8
    assert m.language.isascii()


@pytest.mark.parametrize(
    "unit", ["a", "drop a ", "smash drop hit ", "leave ", "my top ", ". ", "e", "😀", "’", "ed ", "\u0301"]
)
def test_the_time_for_a_hostile_text_is_bounded(unit):
    measure_caption(unit)
    began = time.process_time()
    measure_caption((unit * MAX_CAPTION)[:MAX_CAPTION])
    assert time.process_time() - began < 2


def test_rules_of_tiktok_are_checked_with_their_source():
    within, beyond = (check_rules(t, max_hashtags=2) for t in ("#a #b", "#a #b #c " + "x" * 150))
    assert [rule.kept for rule in within] == [True, True]
    assert [(rule.rule, rule.limit, rule.found, rule.kept) for rule in beyond] == [
        ("hashtags", 2, 3, False),
        ("caption_length", 150, 159, False),
    ]
    assert all(rule.source for rule in within)


def test_the_command_prints_what_is_measured_and_needs_no_database():
    out = io.StringIO()
    call_command("measure_caption", "Did you know? #a #b #c #d #e #f", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["caption"]["hook"], answer["caption"]["questions"]) == ("question", 1)
    assert [rule["kept"] for rule in answer["rules"]] == [False, True]
