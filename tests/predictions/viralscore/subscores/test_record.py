"""Sub-scores are numbers where later posts show that they predict, and checklists elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from predictions.engine import PublishedPost
from predictions.engine.types import DAY
from predictions.viralscore.subscores import COLUMNS, Circumstances, Record, learn_record
from predictions.viralscore.subscores.columns import columns_of, is_outrage
from tests.factories import measured_once
from tests.predictions.viralscore.subscores.worlds import (
    ANGRY,
    ANGRY_QUESTION,
    CALM,
    QUESTION,
    START,
    histories,
    learned,
    no_effect,
    table_of,
)

UNKNOWN = np.full(len(COLUMNS), np.nan)
UNTIL = START + 1_000 * DAY


def question_helps(caption: str) -> tuple[float, float]:
    return (0.6 if "?" in caption else 0.0), 0.0


def score(record: Record, caption: str) -> tuple[float | None, dict[str, float | None]]:
    measures = measured_once(caption)
    scores = record.score(columns_of(measures, Circumstances()), UNKNOWN, is_outrage(measures))
    return scores.value, scores.parts


@pytest.fixture(scope="module")
def questions() -> Record:
    return learned(histories(question_helps))


def test_a_planted_effect_is_told_as_a_number(questions: Record) -> None:
    assert questions.evidence["H"].is_enough
    assert questions.evidence["H"].accounts == 12
    (asked, asked_parts), (calm, calm_parts) = score(questions, QUESTION), score(questions, CALM)
    assert asked is not None
    assert calm is not None
    assert calm < 0.5 < asked
    assert calm_parts["H"] < 0.5 < asked_parts["H"]  # type: ignore[operator]
    assert all(weight >= 0 for weight in questions.weights.values())


def test_the_record_survives_its_storage(questions: Record) -> None:
    again = Record.from_json(questions.to_json())
    assert again.to_json() == questions.to_json()
    assert score(again, QUESTION) == score(questions, QUESTION)


def test_nothing_is_told_where_the_labels_are_shuffled() -> None:
    table = table_of(histories(question_helps))
    order = np.random.default_rng(3)
    shuffled = table.propagation.copy()
    for account in np.unique(table.account):
        own = np.flatnonzero((table.account == account) & ~np.isnan(shuffled))
        shuffled[own] = shuffled[order.permutation(own)]
    record = learn_record(replace(table, propagation=shuffled), until=UNTIL)
    assert not any(evidence.is_enough for evidence in record.evidence.values())
    value, parts = score(record, QUESTION)
    assert value is None
    assert set(parts.values()) == {None}


def test_few_accounts_give_no_number() -> None:
    record = learned(histories(question_helps, accounts=4))
    assert record.evidence["H"].accounts == 4
    assert not record.evidence["H"].is_enough


def test_an_installation_without_posts_has_a_record() -> None:
    record = learned([])
    assert score(record, QUESTION)[0] is None
    assert Record.from_json(record.to_json()).evidence == {}


def test_later_posts_and_counts_change_nothing_of_earlier_ones() -> None:
    accounts = histories(question_helps, accounts=3)
    moment = START + 30 * DAY
    before = table_of(accounts)
    accounts = [
        replace(
            account, posts=tuple(_other_future(post) if post.posted_at >= moment else post for post in account.posts)
        )
        for account in accounts
    ]
    after = table_of(accounts)
    # labels of the last day before are counted later
    for name, until in (
        ("columns", moment),
        ("usual", moment),
        ("propagation", moment - DAY),
        ("sharing", moment - DAY),
    ):
        early = before.posted_at < until
        np.testing.assert_array_equal(getattr(before, name)[early], getattr(after, name)[after.posted_at < until])


def _other_future(post: PublishedPost) -> PublishedPost:
    counts = tuple(replace(each, likes=each.likes * 50, shares=0.0) for each in post.observations)
    return replace(post, caption=measured_once(ANGRY + " #other #tags"), observations=counts)


def test_outrage_lifts_nothing() -> None:
    """Angry posts are shared and spread most of all: the planted world pays for them."""

    def outrage_pays(caption: str) -> tuple[float, float]:
        angry, asks = "hate" in caption, "?" in caption
        return (1.0 if angry else 0.0) + (0.5 if asks else 0.0), (1.5 if angry else 0.0) + (0.5 if asks else 0.0)

    record = learned(histories(outrage_pays, captions=(CALM, QUESTION, ANGRY, ANGRY_QUESTION)))
    assert record.evidence["S"].is_enough
    assert score(record, QUESTION)[1]["S"] > 0.5  # type: ignore[operator]
    for angry in (ANGRY, ANGRY_QUESTION):
        value, parts = score(record, angry)
        assert value is not None
        assert value <= 0.5
        assert all(part <= 0.5 for part in parts.values() if part is not None)


def test_reuse_and_rise_count_other_accounts_before_publishing() -> None:
    tagged = [
        replace(account, posts=tuple(replace(p, caption=measured_once("Join in #harbourdance")) for p in account.posts))
        for account in histories(no_effect, accounts=6, posts=10)
    ]
    table = table_of(tagged)
    reused = table.columns[:, COLUMNS.index("reused_hashtag")]
    first = table.posted_at.argmin()
    assert reused[first] == 0
    assert reused[table.posted_at.argmax()] == pytest.approx(np.log1p(5))
    rising = table.columns[:, COLUMNS.index("rising_hashtag")]
    assert rising[first] == 0
    assert rising.max() > 0
