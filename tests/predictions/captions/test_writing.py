"""The writer without Django: whatever the brief, limits hold, nothing is invented, copied or taken from others."""

import string
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from predictions.captions.writing.candidates import Candidate, Order
from predictions.captions.writing.facts import facts_of, invented_facts
from predictions.captions.writing.language_model import ngrams_of
from predictions.captions.writing.lines import Line, Origin
from predictions.captions.writing.moderation import BrandLists, has_phrase, verdicts
from predictions.captions.writing.ranking import Dropped, write
from predictions.captions.writing.shared_phrases import PHRASE, SharedPhrases
from predictions.captions.writing.tokens import bare_words, hashtags_of, model_tokens, phrases
from predictions.captions.writing.voice import OwnCaption, Voice
from tests.predictions.captions.creators import captions_of, texts_of

K = 20
KEY = b"of the tests"
OTHER_SUBJECTS = ("skateboards", "kayaks", "old bikes")
OTHERS = {
    **{f"creator {seed}": texts_of(seed, subjects=OTHER_SUBJECTS) for seed in range(1, K + 4)},
    # one person's own words, made of words that all use
    "alone": ["this is why I love what you think of it and it really worked for you"] * 3,
}
RUNS = Counter(run for texts in OTHERS.values() for run in set().union(*(phrases(each, PHRASE) for each in texts)))
RARE = {run for run, accounts in RUNS.items() if accounts < K}
SHARED = SharedPhrases.learn(OTHERS, k=K, key=KEY)
VOICE = Voice(captions_of(0), SHARED)
_WORDS = """
sourdough bread starter flour my new recipe 3 eggs for Anna in Berlin with @mum at https://a.example tomorrow fresh
rolls from scratch 12 € the #ad #baking oven
"""
WORDS = st.sampled_from(_WORDS.split())
BRIEFS = st.lists(WORDS, min_size=1, max_size=25).map(" ".join)


def no_value(texts: object) -> list[None]:
    return [None] * len(texts)  # type: ignore[arg-type]


@settings(max_examples=15)
@given(
    brief=BRIEFS,
    n=st.integers(1, 16),
    longest=st.integers(40, 300),
    most=st.integers(0, 6),
    must=st.lists(st.sampled_from(["#ad", "Rye & Co", "new oven"]), max_size=2, unique=True),
    never=st.lists(st.sampled_from(["later", "believe", "flour"]), max_size=2, unique=True),
    seed=st.integers(0, 5),
)
@example(brief="sourdough", n=16, longest=150, most=5, must=[], never=[], seed=0)
def test_whatever_the_brief_a_caption_keeps_the_rules(brief, n, longest, most, must, never, seed):
    order = Order(
        brief, n=n, max_length=longest, max_hashtags=most, brand=BrandLists(tuple(must), tuple(never)), seed=seed
    )
    writing = write(order, VOICE, no_value)
    texts = [each.candidate.text for each in writing.ranked]
    assert len(texts) <= n
    assert len({bare_words(text) for text in texts}) == len(texts)
    given_words = f"{brief} {' '.join(must)}"
    for text in texts:
        assert len(text) <= longest
        assert len(hashtags_of(text)) <= most
        assert all(has_phrase(text, phrase) for phrase in must)
        assert not any(has_phrase(text, phrase) for phrase in never)
        assert not facts_of(text) - facts_of(given_words)
        assert not {"anna", "berlin"} & set(bare_words(text)) - set(bare_words(given_words))
        assert bare_words(text) not in VOICE.whole_texts
        assert not (phrases(text, PHRASE) - VOICE.own_phrases - phrases(given_words, PHRASE)) & RARE


def test_a_brief_is_written_in_the_creators_words():
    writing = write(Order("Sourdough rolls from scratch, with cold butter", n=12), VOICE, no_value)
    origins = {each.candidate.opening.origin for each in writing.ranked}
    assert {Origin.OWN, Origin.ADAPTED, Origin.BRIEF} <= origins
    adapted = next(each for each in writing.ranked if each.candidate.opening.origin is Origin.ADAPTED)
    assert "sourdough rolls" in adapted.candidate.opening.text.casefold()
    assert any(adapted.candidate.opening.source in each.text for each in VOICE.captions)
    assert all("cold butter" in each.candidate.text for each in writing.ranked)
    # habits: a signature hashtag, and one of the brief's own subject
    assert all("#baking" in each.candidate.text for each in writing.ranked)
    # the same order gives the same captions, another seed others
    again = write(Order("Sourdough rolls from scratch, with cold butter", n=12), VOICE, no_value)
    assert [each.candidate for each in again.ranked] == [each.candidate for each in writing.ranked]
    others = write(Order("Sourdough rolls from scratch, with cold butter", n=12, seed=3), VOICE, no_value)
    assert {each.candidate.text for each in others.ranked} != {each.candidate.text for each in writing.ranked}


def test_somebody_elses_words_are_dropped_and_common_ones_are_not():
    assert SHARED is not None
    alone = "this is why I love what you think of it"
    mine = Candidate(f"Sourdough. {alone}", Line(alone, Origin.ENDPOINT))
    common = Candidate("Sourdough. I tried it so you don't have to!", Line("I tried it", Origin.ENDPOINT))
    stranger = Voice([], SHARED)
    writing = write(Order("Sourdough", n=16), stranger, no_value, others=[mine, common])
    texts = [each.candidate.text for each in writing.ranked]
    assert not any(alone in text for text in texts)
    assert any(text.startswith(common.text) for text in texts)
    assert writing.dropped[Dropped.FOREIGN] == 1
    # its author may say it
    author = Voice([*VOICE.captions, OwnCaption(OTHERS["alone"][0], VOICE.captions[0].measures, None)], SHARED)
    assert Dropped.FOREIGN not in write(Order("Sourdough", n=4), author, no_value, others=[mine]).dropped


def test_shared_phrases_hold_nothing_that_fewer_than_k_wrote():
    assert SHARED is not None
    assert SharedPhrases.learn(dict(list(OTHERS.items())[: K - 1]), k=K, key=KEY) is None
    written = [{gram for text in texts for gram in ngrams_of(model_tokens(text))} for texts in OTHERS.values()]
    assert all(count == sum(gram in each for each in written) >= K for gram, count in SHARED.counts.items())
    stored = SHARED.to_bytes()
    assert b"think of it and" not in stored
    read = SharedPhrases.from_bytes(stored)
    assert (read.counts, read.accounts) == (SHARED.counts, SHARED.accounts)
    assert ("think", "of", "it", "and", "it") in read.rare


def test_ranking_weighs_voice_against_value():
    order = Order("Sourdough rolls from scratch", n=8)

    def longer_is_better(texts):
        return [len(text) / 200 for text in texts]

    by_voice = write(order, VOICE, longer_is_better).ranked
    assert [each.score for each in by_voice] == sorted((each.log_probability for each in by_voice), reverse=True)
    by_value = write(Order("Sourdough rolls from scratch", n=8, eta=1_000.0), VOICE, longer_is_better).ranked
    lengths = [len(each.candidate.text) for each in by_value]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths != [len(each.candidate.text) for each in by_voice]
    first = by_value[0]
    assert first.score == pytest.approx(first.log_probability + 1_000 * (first.value or 0.0))


def test_a_voice_knows_its_own_words():
    """Own captions are likelier under the creator's model than the same words in another order, or of others."""
    model = VOICE.model
    told = model_tokens("I still can't believe this worked.")
    assert model.log_probability(told) > model.log_probability(told[::-1])
    assert model.log_probability(told) > model.log_probability(model_tokens("Quarterly figures exceeded guidance."))
    total = sum(model.probability(word, ("<s>", "<s>")) for word in model.vocabulary)
    assert total == pytest.approx(1.0, abs=0.03)


def test_with_few_captions_templates_alone_are_used():
    writing = write(Order("Sourdough rolls", n=8), Voice(captions_of(0)[:5], SHARED), no_value)
    assert not writing.has_voice
    assert {each.candidate.opening.origin for each in writing.ranked} <= {Origin.TEMPLATE, Origin.BRIEF}
    assert len(writing.ranked) >= 6


@pytest.mark.parametrize("brief", ["What the sh1t is this bread", "Du Arschloch, Brot"])
def test_nothing_is_written_with_a_brief_that_hurts(brief):
    writing = write(Order(brief), VOICE, no_value)
    assert (writing.ranked, writing.brief_is_refused) == ((), True)


def test_word_lists_know_words_and_not_parts_of_them():
    assert not verdicts("Classic Scunthorpe assessment of shiitake in Essex")
    assert verdicts("F U C K") == frozenset()
    assert all(map(verdicts, ("fuuuuck this", "bitches", "just kill yourself")))


def test_facts_are_found_in_digits_words_and_names():
    small = {"we", "went", "there", "bread", "so", "good"}
    brief = "We baked 12 rolls with Anna"
    assert not invented_facts("So good: 12 rolls, with Anna!", brief, written_small=small)
    for invented in (
        "13 rolls",
        "twelve rolls",
        "with Ben",
        "at @ben",
        "see www.rolls.example/x",
        "only 5 €",
        "tomorrow",
    ):
        assert invented_facts(f"Good bread {invented}", brief, written_small=small), invented


@given(st.text(alphabet=string.printable + "äß😂#@€ع漢", max_size=200))
@settings(max_examples=25)
def test_no_text_breaks_the_writer(text):
    write(Order(text, n=2), VOICE, no_value)
