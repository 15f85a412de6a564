"""`manage.py evaluate_viralscore`: it finds which inputs matter in data whose rule is known."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from predictions.engine.data.growth import MATURE_AGE
from predictions.viralscore.evaluation import rank_captions
from tests.engine.synthetic import account
from tests.predictions.viralscore.content_files import content_rows, write_content


def test_an_ablation_finds_the_inputs_that_popularity_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictions.viralscore.content_model._ROUNDS", 20)
    out = StringIO()
    file = write_content(tmp_path / "posts.csv", content_rows(400, seed=1))
    call_command("evaluate_viralscore", file, stdout=out, stderr=StringIO())
    ranks, errors = out.getvalue().split("MAPE")
    rank, error = (_table(part) for part in (ranks, errors))
    for needed in ("account", "text"):
        assert rank[f"all but {needed}"]["high"] < 0 < error[f"all but {needed}"]["low"]
        assert rank[needed]["score"] > 0.2
    for noise in ("time", "video", "sound", "faces"):
        assert rank[f"all but {noise}"]["score"] == pytest.approx(rank["all"]["score"], abs=0.03)
    assert "viralscore tells posts above their account's level with an AUC of 0.9" in errors


def test_own_posts_rank_captions_whose_effect_is_the_accounts_own() -> None:
    # each account has another favourite
    accounts = [
        account(f"a{i}", posts=100, caption_effect=2.0, favourite=i, observed=(MATURE_AGE,), noise=0.4, seed=3)
        for i in range(4)
    ]
    figures = {figure.name: figure for figure in rank_captions(accounts)}
    assert figures["all accounts"].difference == 0
    assert figures["own posts alike"].score > 0.4
    assert figures["own posts alike"].low > 0


def test_a_content_file_is_refused_as_a_history_file(tmp_path: Path) -> None:
    content = write_content(tmp_path / "posts.csv", content_rows(5, seed=1))
    with pytest.raises(CommandError, match="observed_at"):
        call_command("evaluate_viralscore", content, histories=True)


def _table(text: str) -> dict[str, dict[str, float]]:
    rows = {}
    for line in text.splitlines():
        if "[" in line:
            name, score, rest = line[:20].strip(), line[20:28], line[28:].replace("[", " ").replace("]", "").split()
            difference, low, high = (float(number.strip(",")) for number in rest)
            rows[name] = {"score": float(score), "difference": difference, "low": low, "high": high}
    return rows
