import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from predictions.engine import AccountHistory, PublishedPost
from predictions.engine.evaluation.own_pairs import (
    MAX_PAIRS,
    TESTED,
    LeverWins,
    NoPairs,
    PairReport,
    compare_own_pairs,
)
from tests.engine.synthetic import DAY, account

MATURE = (60 * DAY,)
QUESTION = 1
"""The caption of `synthetic` that asks."""


def histories(effect: float, accounts: int = 14, posts: int = 60) -> list[AccountHistory]:
    """Accounts whose question does `effect` (log units) better; nothing else has an effect."""
    return [
        account(f"t{i}", posts, seed=3, level=5 + i % 4, noise=0.6, caption_effect=effect, favourite=QUESTION,
                observed=MATURE)
        for i in range(accounts)
    ]  # fmt: skip


def wins(report: PairReport) -> dict[str, LeverWins]:
    return {lever.lever: lever for lever in report.levers}


@pytest.fixture(scope="module")
def planted() -> PairReport:
    return compare_own_pairs(histories(0.8))


def test_a_planted_effect_wins_most_pairs(planted: PairReport) -> None:
    for lever in ("question", "all"):
        of_lever = wins(planted)[lever]
        for won in (of_lever.effects, of_lever.sure):
            assert won.accounts >= 12
            assert won.rate > 0.6
            assert 0.5 < won.low <= won.rate <= won.high
        assert of_lever.ahead.rate == pytest.approx(of_lever.effects.rate - of_lever.raw_same.rate)
        assert of_lever.ahead.low <= of_lever.ahead.rate <= of_lever.ahead.high


def test_without_effects_a_coin_wins_as_often() -> None:
    report = compare_own_pairs(histories(0.0))
    assert all(lever.sure.pairs < 0.02 * report.pairs for lever in report.levers)
    together = wins(report)["all"]
    assert together.effects.pairs > 100
    for won in (together.effects, together.raw_alone):
        assert won.rate == pytest.approx(0.5, abs=0.1)
        assert won.low < 0.5


def with_likes(history: AccountHistory, likes: dict[str, float]) -> AccountHistory:
    def changed(post: PublishedPost) -> PublishedPost:
        [counts] = post.observations
        return replace(post, observations=(replace(counts, likes=likes.get(post.post_id, counts.likes)),))

    return replace(history, posts=tuple(map(changed, history.posts)))


def test_nothing_is_learned_from_after_the_split(planted: PairReport) -> None:
    """Turning the order of the later posts' likes round makes each win a loss; posts of T's last day teach nothing."""
    changed = []
    for history in histories(0.8):
        likes = {p.post_id: 1e6 - p.observations[0].likes for p in history.posts if p.posted_at >= planted.split_at}
        likes |= {
            p.post_id: 7.0 for p in history.posts if planted.split_at - DAY < p.posted_at < planted.split_at
        }  # fmt: skip
        changed.append(with_likes(history, likes))
    turned = compare_own_pairs(changed)
    assert turned.split_at == planted.split_at
    for before, after in zip(planted.levers, turned.levers, strict=True):
        for name in ("effects", "raw_same", "sure", "raw_sure", "raw_alone"):
            one, other = getattr(before, name), getattr(after, name)
            assert (one.pairs, one.accounts) == (other.pairs, other.accounts)
            assert math.isnan(one.rate) if not one.pairs else other.rate == pytest.approx(1 - one.rate)


def test_ties_and_levers_without_a_difference_count_as_a_coin() -> None:
    tied = [
        with_likes(history, {p.post_id: 50.0 for p in history.posts[-16:]}) for history in histories(0.8, accounts=12)
    ]  # fmt: skip
    report = compare_own_pairs(tied)
    assert {lever.effects.rate for lever in report.levers if lever.effects.pairs} == {0.5}


def test_pairs_of_an_account_are_bounded() -> None:
    busy = account("busy", 600, observed=MATURE, step=DAY // 4)
    report = compare_own_pairs([busy])
    assert (report.pairs, report.accounts) == (MAX_PAIRS, 1)
    assert math.isnan(wins(report)["all"].raw_alone.low)


def test_posts_far_apart_are_no_pair() -> None:
    with pytest.raises(NoPairs, match="two posts at most 30 days apart"):
        compare_own_pairs([account("slow", 40, observed=MATURE, step=31 * DAY * 3 // 2)])


def write(path: Path, posts: int) -> Path:
    rows = ["account_id,post_id,posted_at,observed_at,caption,hashtags,duration_s,sound,followers,likes,comments,"
            "shares,views"]  # fmt: skip
    for i in range(posts):
        text = "What now?" if i % 3 else "Look"
        moment = f"2025-{i // 28 + 1:02}-{i % 28 + 1:02}T{i % 24:02}:00:00Z"
        rows.append(f"a,p{i},{moment},2026-01-01T00:00:00Z,{text},,{10 + i % 9},,,{50 + i * 7 % 90},,,")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_command_prints_a_table_and_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history, report = write(tmp_path / "history.csv", 60), tmp_path / "report.json"
    call_command("evaluate_suggestions", histories=[history], report=report)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("history.csv: ")
    assert [line.split()[0] for line in lines[2:] if line] == list(TESTED)
    [of_file] = json.loads(report.read_text())
    assert of_file["file"] == "history.csv"
    assert of_file["accounts"] == 1
    assert [lever["lever"] for lever in of_file["levers"]] == list(TESTED)
    assert of_file["levers"][-1]["raw_alone"]["low"] is None


@pytest.mark.parametrize("posts", [1, 12])
def test_a_file_without_enough_posts_gives_one_clear_sentence(tmp_path: Path, posts: int) -> None:
    history = write(tmp_path / "few.csv", posts)
    with pytest.raises(CommandError, match=r"few\.csv: No pair to test: no account has 20 posts") as error:
        call_command("evaluate_suggestions", histories=[history])
    assert str(error.value).count(". ") == 0


def test_a_missing_file_gives_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("evaluate_suggestions", histories=[tmp_path / "none.csv"])
