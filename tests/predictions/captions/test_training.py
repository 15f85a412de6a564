"""Training the writer: adaptations train what they say they train, and nothing of later captions is learned."""

import copy
import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from predictions.captions.training.corpus import Creator, read_creators
from predictions.captions.training.ngrams import mixed, mixture_weights
from predictions.captions.writing.tokens import model_tokens
from predictions.engine.data.history_file import COLUMNS
from tests.predictions.captions.creators import texts_of

torch = pytest.importorskip("torch")

from predictions.captions.training import evaluation, network, tuning  # noqa: E402  # need torch
from predictions.captions.training.network import Pieces, Values, Writer, add_adapters, word_logs  # noqa: E402
from predictions.captions.training.tuning import Recipe, Way, adapt, train_base  # noqa: E402

SUBJECTS = [("sourdough", "croissants"), ("skateboards", "kickflips"), ("ferns", "orchids"), ("violins", "cellos")]
PLANTED = model_tokens("seven purple zeppelins")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WIDTH": 32, "LAYERS": 1, "HEADS": 2, "PIECES": 400, "DROPOUT": 0.1}.items():
        monkeypatch.setattr(network, name, value)
    for name, value in {"BASE_EPOCHS": 3, "MOST_EPOCHS": 3, "MASK_STEPS": 2}.items():
        monkeypatch.setattr(tuning, name, value)


def history(path: Path, *, last: dict[int, str]) -> Path:
    """Write a history file of four creators with a post a day; `last` replaces captions counted from the last."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for i, subjects in enumerate(SUBJECTS):
            texts = texts_of(i, 60, subjects)
            for back, text in last.items():
                texts[-back] = text
            for day, text in enumerate(texts):
                posted = np.datetime64("2026-01-01T12:00:00") + np.timedelta64(day, "D")
                likes = 100 + 50 * (day % 7)
                row = {"account_id": f"a{i}", "post_id": f"p{i}-{day}", "caption": text, "likes": str(likes)}
                writer.writerow(row | {"posted_at": f"{posted}Z", "observed_at": "2026-06-01T00:00:00Z"})
    return path


@pytest.fixture
def creators(tmp_path: Path) -> list[Creator]:
    return read_creators(history(tmp_path / "posts.csv", last={}))


def test_a_file_is_cut_in_time_and_v_is_a_rank_of_the_earlier_posts(creators: list[Creator]) -> None:
    first = creators[0]
    assert (len(first.earlier), len(first.later), len(first.above)) == (42, 18, 18)
    assert first.earlier[0] == model_tokens(texts_of(0, 60, SUBJECTS[0])[0])
    assert first.later[-1] == model_tokens(texts_of(0, 60, SUBJECTS[0])[-1])
    # before the sixth post no level is known
    assert set(first.values[:5]) == {0.5}
    best = [i for i, value in enumerate(first.values) if value > 0.9]
    assert best
    assert {i % 7 for i in best} <= {5, 6}
    assert all(value < 0.5 for i, value in enumerate(first.values) if i > 13 and i % 7 == 0)


def test_a_step_moves_the_chosen_places_alone() -> None:
    torch.manual_seed(0)
    writer = Writer(50)
    values = Values(writer, rate=0.01)
    pieces = torch.tensor([[1, 7, 8, 9]])
    for places in (torch.arange(100, 140), torch.tensor([3, 900])):
        values.choose(places)
        before = values.vector.clone()
        values.gradient.fill_(0.0)
        writer(pieces)[0].sum().backward()
        values.gradient += 1.0
        values.step()
        assert (values.vector != before).nonzero().squeeze(1).tolist() == places.tolist()
    # the network computes with the vector
    assert torch.cat([each.detach().reshape(-1) for each in writer.parameters()]).equal(values.vector)


def test_the_ways_train_as_many_values_and_lora_its_adapters_alone(creators: list[Creator]) -> None:
    pieces = Pieces([words for each in creators[1:] for words in each.earlier])
    learned = [pieces.example(w, v) for each in creators[1:] for w, v in zip(each.earlier, each.values, strict=True)]
    own = [pieces.example(*each) for each in zip(creators[0].earlier, creators[0].values, strict=True)]
    later = [pieces.example(words) for words in creators[0].later]
    base = train_base(learned, pieces.size, Recipe(), seed=0)
    before = copy.deepcopy(base.state_dict())
    size = add_adapters(adapters := copy.deepcopy(base))
    untouched = np.concatenate(word_logs(base, later))
    assert np.concatenate(word_logs(adapters, later)) == pytest.approx(untouched)
    adapted = {way: adapt(base, way, own, Recipe(), seed=0) for way in Way}
    assert all(torch.equal(value, before[name]) for name, value in base.state_dict().items())
    assert [adapted[way].trained for way in (Way.ADAPTERS, Way.GRADIENT, Way.RANDOM)] == [size] * 3
    assert adapted[Way.FULL].trained == sum(each.numel() for each in base.parameters()) > 5 * size
    assert adapted[Way.FULL].bytes > adapted[Way.GRADIENT].bytes > adapted[Way.ADAPTERS].bytes
    state = adapted[Way.ADAPTERS].writer.state_dict()
    for name, value in state.items():
        if "ward" not in name:
            assert torch.equal(value, before[name.replace("parametrizations.", "").replace(".original", "")])
    assert any(value.any() for name, value in state.items() if "outward" in name)
    for way in Way:
        assert np.concatenate(word_logs(adapted[way].writer, later)).sum() > untouched.sum()
    again = adapt(base, Way.GRADIENT, own, Recipe(), seed=0)
    assert all(
        torch.equal(value, again.writer.state_dict()[name])
        for name, value in adapted[Way.GRADIENT].writer.state_dict().items()
    )


def test_a_gradient_mask_takes_the_places_with_the_largest_gradients(
    creators: list[Creator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "DROPOUT", 0.0)
    pieces = Pieces(creators[0].earlier)
    # one batch, so that the mask is drawn once
    own = [pieces.example(words) for words in creators[0].earlier[:8]]
    torch.manual_seed(0)
    writer = Writer(pieces.size)
    tuning._loss(writer, own, Recipe()).backward()
    gradients = torch.cat([each.grad.abs().reshape(-1) for each in writer.parameters()])
    largest = set(gradients.topk(300).indices.tolist())
    chosen = {}
    for way in (Way.GRADIENT, Way.RANDOM):
        under_way = tuning._Tuning(copy.deepcopy(writer), way, 300, Recipe(), np.random.default_rng(0))
        under_way.learn(own)
        chosen[way] = set(under_way.values.places.tolist())
    assert len(chosen[Way.GRADIENT]) == len(chosen[Way.RANDOM]) == 300
    # sums of floats in another order decide between the last places
    assert len(chosen[Way.GRADIENT] & largest) > 290
    assert len(chosen[Way.RANDOM] & largest) < 30


def test_nothing_is_learned_from_later_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "RECIPES", {"": Recipe()})
    monkeypatch.setattr(tuning, "BASE_EPOCHS", 1)
    monkeypatch.setattr(tuning, "MOST_EPOCHS", 1)
    plain, planted = (
        read_creators(history(tmp_path / f"{len(places)}.csv", last=dict.fromkeys(places, "seven purple zeppelins")))
        for places in (range(0), range(1, 11))
    )
    assert [each.later.count(PLANTED) for each in planted] == [10] * 4
    writers = [evaluation.evaluate(each, [0], len).adapted for each in (plain, planted)]
    for way in Way:
        states = [[each.writer.state_dict() for each in of_run[way]] for of_run in writers]
        for a, b in zip(states[0], states[1], strict=True):
            # the writer is the same, bit by bit, so the planted caption is no likelier
            assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_mixture_favours_what_predicts() -> None:
    logs = np.log(np.array([[0.5] * 100, [0.01] * 100]))
    weights = mixture_weights(logs)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.9
    assert mixed(weights, logs) == pytest.approx(np.log(weights[0] * 0.5 + weights[1] * 0.01))


def test_the_command_tells_that_creators_differ(tmp_path: Path) -> None:
    out = StringIO()
    call_command("evaluate_writer_training", history(tmp_path / "posts.csv", last={}), stdout=out, stderr=StringIO())
    text = out.getvalue()
    assert text.startswith("4 creators, 168 earlier captions, 72 later ones of ")
    against_base = next(table for table in text.split("\n\n") if "against base, 95 % interval" in table)
    full = next(line for line in against_base.splitlines() if line.startswith("full tuning"))
    assert float(full.split("[")[1].split(",")[1].strip(" ]")) < 0
    for row in ("n-gram voice", "n-grams + LoRA", "base, lambda 0", "base, no auxiliary", "gradient mask aga"):
        assert row in text


def test_a_file_that_is_no_history_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="posted_at"):
        call_command("evaluate_writer_training", bad)
