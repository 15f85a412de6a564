"""Captions are measured, and odd ones survive."""

import math
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from posts.content.embeddings import EMBEDDING_SIZE, EMBEDDING_STEPS, SLOTS
from posts.content.meanings import meaning_of, stored_encoder
from posts.content.normalising import MAX_MARKS, MAX_NORMALISED, normalised
from posts.ingest.fingerprints import caption_fingerprint

ROOT = Path(__file__).resolve().parents[3]


def test_a_caption_is_counted():
    m = measure_caption("WHAT a day?! So happy 😀😀 @friend https://example.org #Sunset #été #Sunset")
    assert (m.questions, m.exclamations, m.emoji, m.mentions, m.links) == (1, 1, 2, 1, 1)
    assert m.hashtags == ("sunset", "été")
    assert m.sentiment is not None
    assert m.sentiment > 0.3
    assert 0 < m.uppercase_share < 0.3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't know :D <3 @some.body #tag https://example.org/a-b", 3),
        ("well-known, 3,000 times… 🍋", 3),
        ("พระอาทิตย์ตกดิน สวยมาก", 2),
        ("&amp; &#64;", 0),
    ],
)
def test_words_are_counted_as_people_do(text, words):
    assert measure_caption(text).words == words


@pytest.mark.parametrize("text", ["So happy", "Happy 😀", "❤️❤️", "made this #love"])
def test_sentiment_is_read_from_words_emoji_and_hashtags(text):
    assert (measure_caption(text).sentiment or 0) > 0.3
    assert (measure_caption("the worst day, so sad 😢").sentiment or 0) < 0


@pytest.mark.parametrize("unit", ["';", ":.", "<,<", "a.", "(a(", "'.", "&#"])
def test_odd_signs_cost_no_seconds(unit):
    # the tokenizer raises TimeoutError after five
    measure_caption(unit * 10_000)


def test_separate_hashtags_join_those_in_the_text():
    assert measure_caption("#a text", ["#B", "a", " ", "c"]).hashtags == ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "tags"),
    [("พระอาทิตย์ #พระอาทิตย์ตก", ("พระอาทิตย์ตก",)), ("日落#日落 #写真", ("日落", "写真")), ("#one#two", ("one", "two"))],
)
def test_hashtags_of_any_script(text, tags):
    assert measure_caption(text).hashtags == tags


@hypothesis_settings(deadline=None)  # the first text loads NLTK
@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_any_text_can_be_measured(text, tags):
    m = measure_caption(text, tags)
    assert m.embedding.shape == (EMBEDDING_SIZE,)
    assert m.embedding.dtype == np.int8
    for part in (m.embedding[:SLOTS], m.embedding[SLOTS:]):
        length = float(np.linalg.norm(part.astype(np.float64))) / EMBEDDING_STEPS
        assert math.isclose(length, 1, abs_tol=0.1) or not part.any()
    assert 0 <= m.uppercase_share <= 1
    assert m.sentiment is None or -1 <= m.sentiment <= 1
    assert len(set(m.hashtags)) == len(m.hashtags)
    assert not any(t.startswith("#") for t in m.hashtags)


@pytest.mark.parametrize(
    "text", ["\ud800", "ก" * 20_000, "😀" * 20_000, "#" * 20_000, "@" * 20_000, "a\x00b", "A " * 9_000]
)
def test_extreme_captions_are_measured(text):
    assert measure_caption(text, [text]).length <= 10_000


@given(st.text(max_size=MAX_MARKS))
def test_texts_are_normalised_as_unicode_says(text):
    for form in ("NFC", "NFKC"):
        assert normalised(form, text) == unicodedata.normalize(form, text)
        assert normalised(form, f"{text}a" * 20) == unicodedata.normalize(form, f"{text}a" * 20)


# the second and the third only become marks when they are normalised
@pytest.mark.parametrize("mark", ["\u0316\u0301", "\u0f73", "\uff9e\u0334"])
def test_of_endless_marks_only_the_first_count(mark):
    # sorting marks costs the square of their number
    some, endless = "a" + (mark * MAX_MARKS)[:MAX_MARKS], "a" + mark * 4_999
    for form in ("NFC", "NFKC"):
        assert normalised(form, endless) == normalised(form, some)
    assert np.array_equal(measure_caption(endless).embedding, measure_caption(some).embedding)
    assert measure_caption(f"#{endless}").hashtags == measure_caption(f"#{some}").hashtags
    assert caption_fingerprint(endless) == caption_fingerprint(some)


def test_a_text_that_grows_when_it_is_normalised_is_cut():
    assert len(normalised("NFKC", "ﷺ" * 10_000)) == MAX_NORMALISED
    assert normalised("NFKC", "ﷺ") == unicodedata.normalize("NFKC", "ﷺ")


def test_similar_captions_have_similar_embeddings():
    a, b, c = (
        measure_caption(t).embedding[:SLOTS].astype(np.float64) / EMBEDDING_STEPS
        for t in ("Baking sourdough bread at home", "Sourdough bread, baked at home!", "New workout for your legs")
    )
    assert a @ b > 0.5 > a @ c
    again = measure_caption("Baking sourdough bread at home").embedding[:SLOTS]
    assert np.array_equal(a * EMBEDDING_STEPS, again)


def test_captions_about_the_same_topic_are_similar_without_a_common_word():
    a, b, c = (
        measure_caption(t).embedding[SLOTS:].astype(np.float64) / EMBEDDING_STEPS
        for t in ("My dog learns to swim", "A cat and her kittens", "Tax rates and the election")
    )
    assert a @ b > 0.3 > a @ c
    assert not measure_caption("日本語の写真 @makeup").embedding[SLOTS:].any()
    beside, inline = measure_caption("", ["makeup"]), measure_caption("#makeup")
    assert beside.embedding[SLOTS:].any()
    assert np.array_equal(beside.embedding[SLOTS:], inline.embedding[SLOTS:])


def test_the_sentence_encoder_agrees_with_its_authors_graph():
    texts = [
        "My dog learns to swim", "A cat and her kittens", "Tax rates and the election", "The government lowers taxes",
        "How to do your makeup in five minutes",
    ]  # fmt: skip
    # cosines of the outputs of the TensorFlow.js graph that the weights come from
    original = [
        [1.000, 0.390, 0.073, 0.058, 0.291], [0.390, 1.000, 0.150, 0.096, 0.252], [0.073, 0.150, 1.000, 0.661, 0.117],
        [0.058, 0.096, 0.661, 1.000, 0.073], [0.291, 0.252, 0.117, 0.073, 1.000],
    ]  # fmt: skip
    encoder = stored_encoder()
    outputs = np.stack([encoder.encode(encoder.pieces_of(text)) for text in texts])
    assert np.abs(outputs @ outputs.T - original).max() < 0.01


def test_a_text_means_the_same_every_time_and_only_its_beginning_counts():
    beginning = "one two three four five six seven eight nine ten " * 10
    meaning = meaning_of(beginning)
    assert np.array_equal(meaning, meaning_of(beginning))
    assert np.array_equal(meaning, meaning_of(beginning + "and the end"))
    assert float(np.linalg.norm(meaning)) == pytest.approx(1)


def test_names_and_links_do_not_change_the_topic():
    plain = measure_caption("Baking bread at home").embedding[SLOTS:]
    named = measure_caption("@baker_joe Baking bread at home https://example.org/football/stadium").embedding[SLOTS:]
    assert np.array_equal(plain, named)


def test_concurrent_threads_of_a_new_process_miss_no_emoji():
    """The emoji library fills its tables on the first call, and takes no lock."""
    program = """
import sys
from multiprocessing.pool import ThreadPool
from posts.content.captions import measure_caption
sys.setswitchinterval(1e-6)
with ThreadPool(8) as threads:
    print(*(measured.emoji for measured in threads.imap(measure_caption, ["\\U0001f929\\U0001f525"] * 64)))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.split() == ["2"] * 64
