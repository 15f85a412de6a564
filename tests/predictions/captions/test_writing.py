"""The writer without Django: whatever the brief, limits hold, nothing is invented, copied or taken from others."""

import string
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posts.content.captions import measure_caption
from predictions.captions.writing.candidates import Candidate, Order
from predictions.captions.writing.facts import facts_of, invented_facts
from predictions.captions.writing.grammar import is_noun_phrase
from predictions.captions.writing.language_model import ngrams_of
from predictions.captions.writing.lines import Line, Origin
from predictions.captions.writing.moderation import BrandLists, Verdict, has_phrase, verdicts
from predictions.captions.writing.ranking import Dropped, without_lift, write
from predictions.captions.writing.shared_phrases import PHRASE, SharedPhrases
from predictions.captions.writing.tokens import bare_words, hashtags_of, model_tokens, phrases, without_hashtags
from predictions.captions.writing.voice import OwnCaption, Voice
from tests.predictions.captions.creators import captions_of, texts_of
from tests.predictions.captions.moderation_cases import CLEAN, HURTFUL, UNLISTED
from tests.sandbox.simulation.captions import TOPICS
from tests.sandbox.simulation.captions import write as simulated

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
    talk = "I want to talk about croissants! Best ones so far #baking #croissants"
    voice = Voice([*captions_of(0), OwnCaption(talk, measure_caption(talk), 0.9)], SHARED)
    writing = write(Order("Sourdough rolls from scratch, with cold butter", n=12), voice, no_value)
    origins = {each.candidate.opening.origin for each in writing.ranked}
    assert {Origin.OWN, Origin.ADAPTED, Origin.HABIT, Origin.BRIEF} <= origins
    adapted = next(each for each in writing.ranked if each.candidate.opening.origin is Origin.ADAPTED)
    assert "sourdough rolls" in adapted.candidate.opening.text.casefold()
    assert any(adapted.candidate.opening.source in each.text for each in voice.captions)
    habit = next(each for each in writing.ranked if each.candidate.opening.origin is Origin.HABIT)
    assert habit.candidate.text.startswith("My honest take on sourdough rolls from scratch, with cold butter")
    assert all("cold butter" in each.candidate.text for each in writing.ranked)
    # habits: a signature hashtag, and one of the brief's own subject
    assert all("#baking" in each.candidate.text for each in writing.ranked)
    # the same order gives the same captions, another seed others
    again = write(Order("Sourdough rolls from scratch, with cold butter", n=12), voice, no_value)
    assert [each.candidate for each in again.ranked] == [each.candidate for each in writing.ranked]
    others = write(Order("Sourdough rolls from scratch, with cold butter", n=12, seed=3), voice, no_value)
    assert {each.candidate.text for each in others.ranked} != {each.candidate.text for each in writing.ranked}


@pytest.mark.parametrize("topic", ["books", "diy"])
def test_as_many_come_as_were_asked_for(topic):
    """Creators whose captions are one sentence have habits, not lines; a brief of a few words will do."""
    rng = np.random.default_rng(7)
    texts = [
        simulated(rng, TOPICS[topic], tuple(rng.choice(TOPICS[topic].tags, 3)), wordy=False, moody=True)
        for _ in range(30)
    ]
    voice = Voice([OwnCaption(text, measure_caption(text), None) for text in texts], None)
    brief = "cosy kitchens for rainy days"
    ranked = write(Order(brief), voice, no_value).ranked
    assert len(ranked) == 8
    assert all("cosy kitchens for rainy days" in each.candidate.text.casefold() for each in ranked)
    assert len({each.candidate.opening.text for each in ranked}) >= 4
    habits = {habit.text for habit in [*voice.beginnings, *voice.endings]}
    assert habits & {"POV:", "My take on", "Nobody warned me about", "A minute of", "Finally:", "Trying"}
    assert not any(bare_words(habit)[0] in TOPICS[topic].tags for habit in habits)


def test_nearly_an_old_caption_is_none():
    old = without_hashtags(VOICE.captions[0].text)
    nearly = Candidate(old.rsplit(" ", 1)[0], Line(old, Origin.ENDPOINT))
    assert write(Order("Bread", n=4), VOICE, no_value, others=[nearly]).dropped[Dropped.COPY] == 1


def test_a_language_model_may_leave_no_fact_out():
    vague = Candidate("Bread with many eggs", Line("Bread", Origin.ENDPOINT))
    assert write(Order("Bread with 12 eggs", n=4), VOICE, no_value, others=[vague]).dropped[Dropped.MISSING] == 1


@pytest.mark.parametrize(
    ("brief", "is_one"),
    [
        ("a plywood desk from waste wood", True),
        ("Five mysteries under 10 euros, one made me cry", True),
        ("I finally baked bread", False),
        ("my cat learned to sit", False),
        ("why ice floats", False),
    ],
)
def test_only_a_noun_phrase_follows_about(brief, is_one):
    assert is_noun_phrase(brief) == is_one


def test_languages_without_a_list_are_said_to_be_unchecked():
    assert not write(Order("Una receta de pan con aceite", language="es"), Voice([], None), no_value).is_moderated
    assert write(Order("Bread", language="en"), Voice([], None), no_value).is_moderated


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
    def longer_is_better(texts):
        return [len(text) / 200 for text in texts]

    def all_alike(texts):
        return [0.5 + len(text) / 100_000 for text in texts]

    brief = "Sourdough rolls from scratch"
    by_voice = write(Order(brief, n=8), VOICE, longer_is_better).ranked
    logs = [each.log_probability for each in by_voice]
    assert logs == sorted(logs, reverse=True)
    by_value = write(Order(brief, n=8, eta=1_000.0), VOICE, longer_is_better)
    lengths = [len(each.candidate.text) for each in by_value.ranked]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths != [len(each.candidate.text) for each in by_voice]
    assert by_value.values_differ
    # what hardly differs hardly counts, however large its weight among equals would be
    by_both = write(Order(brief, n=8, eta=1.0), VOICE, all_alike)
    assert [each.candidate.text for each in by_both.ranked] == [each.candidate.text for each in by_voice]
    assert not by_both.values_differ


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


def test_an_angry_caption_is_not_ranked_up_by_what_it_would_get():
    """The planted world pays for outrage: an angry caption would get more than all others."""
    calm, better = "Sourdough rolls from scratch", "Sourdough rolls, with love"
    angry = "I hate these disgusting liars and their bread"
    assert without_lift([calm, angry, better], [0.3, 0.9, 0.5]) == pytest.approx([0.3, 0.4, 0.5])
    assert without_lift([calm, angry], [0.6, 0.2]) == [0.6, 0.2]
    assert without_lift([angry, angry], [0.9, None]) == [None, None]
    assert without_lift([calm, better], [0.3, None]) == [0.3, None]
    outraged = Candidate(f"{angry}: sourdough rolls", Line(angry, Origin.ENDPOINT), None, ())
    order = Order("sourdough rolls", n=16, eta=1_000.0)
    writing = write(
        order, Voice([], None), lambda texts: [0.99 if "hate" in text else 0.5 for text in texts], others=[outraged]
    )
    assert outraged.text in [each.candidate.text for each in writing.ranked]
    assert {each.value for each in writing.ranked} == {0.5}


def test_word_lists_know_words_and_not_parts_of_them():
    assert not verdicts("Classic Scunthorpe assessment of shiitake in Essex")
    assert all(map(verdicts, ("fuuuuck this", "bitches", "just kill yourself", "F U C K", "s-h-i-t", "f**k", "b!tch")))
    # no ending makes food of a slur
    assert not any(map(verdicts, ("Spicy ramen", "spices", "spiced rum")))
    assert Verdict.HATE in verdicts("spics")
    assert not any(map(verdicts, CLEAN))
    # the rest has no listed word
    assert [text for text in HURTFUL if not verdicts(text)] == HURTFUL[-UNLISTED:]


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
