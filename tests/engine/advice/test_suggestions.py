"""Suggestions and comparisons on accounts whose audiences react in a known way."""

import math
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.content.pictures import CoverMeasures
from predictions.engine import Forecast, GlobalModel, LearnedAccount, PublishedPost, forecast
from predictions.engine.advice.comparing import best_chances, hour_map, win_chances
from predictions.engine.advice.suggestions import (
    MAX_SUGGESTIONS,
    MIN_CHANCE,
    MIN_WORTH,
    Advice,
    advise,
    columns_of,
    default_window,
)
from predictions.engine.effects.design import BLOCK_OF, BLOCKS, TAGS, WIDTH, body_length
from predictions.engine.effects.population import EffectsPrior
from predictions.engine.types import DAY, HOUR, Draft
from tests.engine.advice.accounts import covers, creator, draft_of, durations, end_of, learned, texts

PRIOR = GlobalModel.prior()
SHORT = creator(posts=60)
NOW = end_of(SHORT)


VARIANCES = {"hour": 0.3, "hour_fine": 0.1, "own_tags": 0.25}
FITTED = EffectsPrior(
    variances=np.array([VARIANCES.get(name, 0.04) ** 2 for name in [*(name for name, _ in BLOCKS), TAGS]])
)
"""As learned where audiences differ in the hours and hashtags that they like, and in little else."""


def in_the_evening(post: PublishedPost) -> float:
    return 0.6 if 18 <= post.posted_at % DAY // HOUR < 23 else 0.0


def keen_prior(seed: int = 0) -> EffectsPrior:
    """A prior that is sure of effects of everything, so that there is much to suggest."""
    mean = np.random.default_rng(seed).normal(size=WIDTH) * 0.15
    variances = np.full(BLOCK_OF.max() + 2, 1e-4)
    return EffectsPrior(mean=mean, variances=variances, scale_shares=np.array([1e-200, 1e-200, 1.0, 1e-200]))


@pytest.fixture(scope="module")
def evenings() -> LearnedAccount:
    return learned(creator(in_the_evening, noise=0.35))


@pytest.fixture(scope="module")
def account() -> LearnedAccount:
    return learned(SHORT)


def advice_on(
    account: LearnedAccount, draft: Draft, text: str = "Pasta", *, prior: EffectsPrior = FITTED, most: int = 5,
    **options: tuple[str, ...],
) -> Advice:  # fmt: skip
    midnight = account.as_of
    return advise(prior, account, draft, text, window=(midnight, midnight + 2 * DAY), max_hashtags=most, **options)


def test_a_strong_effect_is_suggested_first_and_with_the_right_sign(evenings: LearnedAccount):
    morning = draft_of("Pasta", evenings.as_of + 9 * HOUR)
    advice = advice_on(evenings, morning)
    [change] = advice.suggestions[0].changes
    assert (change.feature, change.action) == ("post_time", "move_to")
    assert 18 <= int(change.target) % DAY // HOUR <= 23
    assert change.value.endswith("Z")
    first = advice.suggestions[0]
    assert 0 < first.low < 0.6 < first.high + 0.2
    assert 0.3 < first.effect < 0.8
    assert first.chance > MIN_CHANCE
    assert first.own_posts > 5
    assert first.evidence == "own_posts"
    # who posts at such an hour already gets no hour suggested
    evening = draft_of("Pasta", int(change.target))
    assert not [s for s in advice_on(evenings, evening).suggestions if s.changes[0].feature == "post_time"]


def test_a_strong_effect_of_a_hashtag_is_found():
    tagged = learned(creator(lambda post: 0.9 if "pasta" in post.caption.hashtags else 0.0, name="tagged"))
    at = tagged.as_of + 9 * HOUR
    added = advice_on(tagged, draft_of("Soup", at), "Soup").suggestions[0]
    assert (added.changes[0].action, added.changes[0].value, added.text) == ("add", "#pasta", "Soup #pasta")
    assert added.effect > 0.2
    kept = advice_on(tagged, draft_of("Soup #pasta", at), "Soup #pasta").suggestions
    assert all(s.changes[0].value != "#pasta" for s in kept)


def test_without_effects_next_to_nothing_is_suggested():
    """Chance alone may look like an effect once in a while: in one of ten creators at most."""
    suggested = 0
    for i in range(8):
        indifferent = learned(creator(name=f"indifferent{i}", posts=100))
        suggested += bool(advice_on(indifferent, draft_of("Pasta", indifferent.as_of + 9 * HOUR)).suggestions)
    assert suggested <= 1


def test_without_history_nothing_is_suggested():
    nobody = learned(creator(posts=0))
    advice = advice_on(nobody, draft_of("Pasta", nobody.as_of), prior=keen_prior())
    assert advice == Advice((), None)


@given(
    text=texts, duration_s=durations, cover=covers, hours=st.integers(0, 300), most=st.integers(0, 6),
    seed=st.integers(0, 50),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_advice_on_any_draft_holds_its_promises(
    account: LearnedAccount, text: str, duration_s: float, cover: CoverMeasures | None, hours: int, most: int, seed: int
):
    prior, draft = keen_prior(seed), draft_of(text, NOW + hours * HOUR, duration_s, cover)
    advice = advice_on(account, draft, text, prior=prior, most=most)
    changes = [change for s in advice.suggestions for change in s.changes]
    assert len(advice.suggestions) == len(changes) <= MAX_SUGGESTIONS
    others = [change.feature for change in changes if change.feature != "hashtags"]
    assert len(set(others)) == len(others)
    tags = [change.target for change in changes if change.feature == "hashtags"]
    assert len(set(tags)) == len(tags)
    effects = [s.effect for s in advice.suggestions]
    assert effects == sorted(effects, reverse=True)
    posterior = account.effects.posterior(prior)
    for suggestion in [*advice.suggestions, *([advice.combination] if advice.combination else [])]:
        assert suggestion.low <= suggestion.high
        assert len(suggestion.draft.caption.hashtags) <= max(most, len(draft.caption.hashtags))
        rows = columns_of(account.effects, [draft, suggestion.draft])
        [effect] = posterior.contrast(rows[1:] - rows[:1]).effect
        assert suggestion.effect == pytest.approx(effect, abs=1e-9)
        if suggestion is not advice.combination:
            assert suggestion.chance >= MIN_CHANCE
            assert suggestion.effect >= MIN_WORTH
    if advice.combination:
        assert len(advice.combination.changes) >= 2
        assert set(advice.combination.changes) <= set(changes)
        assert not text.strip() or advice.combination.text.strip()


def test_a_combination_has_the_length_that_was_suggested_whatever_else_changes(account: LearnedAccount):
    """A length is told without hashtags: taking some away, or adding some, makes the rest no longer."""
    mean = np.zeros(WIDTH)
    mean[dict(BLOCKS)["length"]], mean[dict(BLOCKS)["hashtags"]] = 0.3, -1.2
    prior = replace(keen_prior(), mean=mean)
    text = "Pasta tonight #fyp #oven"
    advice = advice_on(account, draft_of(text, NOW), text, prior=prior)
    assert {s.changes[0].feature for s in advice.suggestions} >= {"caption_length", "hashtags"}
    [longer] = [s for s in advice.suggestions if s.changes[0].feature == "caption_length"]
    assert advice.combination
    assert body_length(advice.combination.draft.caption) == body_length(longer.draft.caption)
    assert advice.combination.draft.caption.hashtags == ()


def test_a_combination_has_no_more_hashtags_than_allowed(account: LearnedAccount):
    mean = np.zeros(WIDTH)
    mean[dict(BLOCKS)["hashtags"]], mean[dict(BLOCKS)["question"]] = 0.5, 0.3
    prior = replace(keen_prior(), mean=mean)
    advice = advice_on(account, draft_of("Pasta", NOW), prior=prior, most=2)
    added = [s for s in advice.suggestions if s.changes[0].feature == "hashtags"]
    assert len(added) == 3
    assert advice.combination
    assert len(advice.combination.draft.caption.hashtags) == 2
    assert any(change.feature == "question" for change in advice.combination.changes)


def test_a_combination_of_a_caption_with_many_hashtags_has_all_else(account: LearnedAccount):
    mean = np.zeros(WIDTH)
    mean[dict(BLOCKS)["question"]], mean[dict(BLOCKS)["emoji"]] = 0.3, 0.3
    text = "Pasta #a #b #c #d #e #f #g"
    advice = advice_on(account, draft_of(text, NOW), text, prior=replace(keen_prior(), mean=mean))
    assert advice.combination
    assert {change.feature for change in advice.combination.changes} >= {"question", "emoji"}


def test_what_other_creators_alone_would_say_is_told_as_such(account: LearnedAccount):
    mean = np.zeros(WIDTH)
    mean[dict(BLOCKS)["question"]] = 0.4
    [asked] = advice_on(account, draft_of("Pasta", NOW), prior=replace(keen_prior(), mean=mean)).suggestions
    assert asked.changes[0].feature == "question"
    assert asked.evidence == "other_creators"
    assert asked.effect == pytest.approx(0.4, abs=0.05)
    assert asked.percent[0] == pytest.approx(100 * math.expm1(asked.effect), abs=0.1)


def test_features_can_be_left_out(account: LearnedAccount):
    draft = draft_of("Pasta", NOW + 3 * HOUR)
    told = {s.changes[0].feature for s in advice_on(account, draft, prior=keen_prior(3)).suggestions}
    left = advice_on(account, draft, prior=keen_prior(3), without=tuple(told)).suggestions
    assert told
    assert not told & {s.changes[0].feature for s in left}


def test_a_window_begins_now_or_lies_around_a_later_moment():
    assert default_window(NOW + DAY, NOW) == (NOW, NOW + 2 * DAY)
    assert default_window(NOW + 9 * DAY, NOW) == (NOW + 8 * DAY, NOW + 10 * DAY)


# Comparisons.


def forecasts_of(account: LearnedAccount, drafts: list[Draft]) -> list[Forecast]:
    return [forecast(PRIOR, account, draft, as_of=account.as_of) for draft in drafts]


@given(st.lists(st.tuples(texts, durations, st.integers(0, 100)), min_size=1, max_size=5))
@settings(deadline=None, max_examples=20)
def test_chances_to_win_add_up_to_one(account: LearnedAccount, drawn: list[tuple[str, float, int]]):
    drafts = [draft_of(text, NOW + hours * HOUR, duration_s) for text, duration_s, hours in drawn]
    forecasts = forecasts_of(account, drafts)
    chances = win_chances(PRIOR.effects, account, drafts, forecasts)
    assert chances + chances.T == pytest.approx(np.ones((len(drafts), len(drafts))))
    assert np.diag(chances) == pytest.approx(0.5)
    assert ((chances > 0) & (chances < 1)).all()
    typical = np.array([f.typical for f in forecasts])
    assert ((chances > 0.5 + 1e-9) <= (typical[:, None] >= typical)).all()


def test_the_chances_to_be_best_add_up_and_agree_with_those_of_a_pair(account: LearnedAccount):
    drafts = [draft_of("Pasta", NOW + 9 * HOUR), draft_of("Which pasta?", NOW + 21 * HOUR, 40.0)]
    forecasts = forecasts_of(account, drafts)
    pair = win_chances(PRIOR.effects, account, drafts, forecasts)[0, 1]
    best = best_chances(PRIOR.effects, account, drafts, forecasts)
    assert best.sum() == pytest.approx(1)
    # counted from 4,000 draws
    assert best[0] == pytest.approx(pair, abs=0.03)
    three = [*drafts, drafts[0]]
    assert best_chances(PRIOR.effects, account, three, forecasts_of(account, three)).sum() == pytest.approx(1)
    assert best_chances(PRIOR.effects, account, drafts[:1], forecasts[:1]) == pytest.approx(1)


def test_drafts_that_differ_in_unknown_effects_are_less_sure_to_win(account: LearnedAccount):
    here, there = draft_of("Pasta", NOW + 9 * HOUR), draft_of("Pasta", NOW + 21 * HOUR)
    [f] = forecasts_of(account, [here])
    better = replace(f, typical=2 * f.typical)
    alike = win_chances(PRIOR.effects, account, [here, here], [better, f])[0, 1]
    unlike = win_chances(PRIOR.effects, account, [here, there], [better, f])[0, 1]
    assert 0.5 < unlike < alike


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_the_map_of_hours_is_zero_at_the_drafts_own_hour(evenings: LearnedAccount, zone: str):
    there = replace(evenings, effects=replace(evenings.effects, zone=zone))
    # a Friday, 9:00 in each zone
    friday = int(datetime(2024, 4, 12, 9, tzinfo=ZoneInfo(zone)).timestamp())
    told = hour_map(FITTED, there, draft_of("Pasta", friday))
    assert told.effect_pct.shape == told.chance.shape == (7, 24)
    assert told.effect_pct[4, 9] == pytest.approx(0, abs=0.1)
    assert told.chance[4, 9] == 0


def test_the_map_of_hours_shows_what_the_creators_hours_do(evenings: LearnedAccount):
    told = hour_map(FITTED, evenings, draft_of("Pasta", evenings.as_of + 9 * HOUR))
    by_hour = told.effect_pct.mean(axis=0)
    assert 18 <= by_hour.argmax() <= 22
    assert by_hour[18:23].min() > by_hour[2:15].max()
    assert told.chance[:, 20].min() > 0.9


def test_the_map_of_hours_is_the_same_in_a_week_in_which_clocks_change(evenings: LearnedAccount):
    """In Copenhagen they do on the Sunday, 2026-03-29."""
    there = replace(evenings, effects=replace(evenings.effects, zone="Europe/Copenhagen"))
    maps = [
        hour_map(
            FITTED, there, draft_of("Pasta", int(datetime(*day, 9, tzinfo=ZoneInfo("Europe/Copenhagen")).timestamp()))
        )
        for day in ((2026, 3, 20), (2026, 3, 27), (2026, 4, 3))
    ]
    for other in maps[1:]:
        assert other.effect_pct == pytest.approx(maps[0].effect_pct)
        assert other.chance == pytest.approx(maps[0].chance)
