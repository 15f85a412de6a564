"""The fusion network: trained once, small, on examples whose rule is known."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.viralscore.examples import MODALITIES, SUBSCORES, Examples, Inputs, value_of
from predictions.viralscore.scorer import FusionModel, Scorer
from predictions.viralscore.training import Recipe, train

N = 120


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Posts of twelve accounts: the first column of the text makes them spread, its second stands for emotion."""
    random = np.random.default_rng(0)
    arrays = {
        "text": random.normal(size=(N, 12)),
        "picture": random.normal(size=(N, 3, 4)),
        "table": random.normal(size=(N, 4)),
        "past": random.normal(size=(N, 6, 3)),
    }
    arrays["table"][:20] = np.nan
    target = 1.5 * arrays["text"][:, 0] + 0.3 * random.normal(size=N)
    weak = np.full((N, len(SUBSCORES)), np.nan)
    weak[:, 0] = arrays["text"][:, 1] > 0
    return Examples(
        Inputs.of(N, arrays),
        np.repeat(np.arange(12), N // 12),
        np.arange(N) * 3_600,
        np.column_stack([target, np.full(N, np.nan)]).astype(np.float32),
        weak.astype(np.float32),
    )


@pytest.fixture(scope="module")
def model(examples: Examples) -> FusionModel:
    return train(examples, seed=0, recipe=Recipe(epochs=0, min_steps=90))


def test_it_learns_what_spreads_and_a_weak_label(examples: Examples, model: FusionModel) -> None:
    scores = Scorer(model).score(examples.inputs)
    assert np.corrcoef(scores.value, examples.target[:, 0])[0, 1] > 0.6
    assert np.corrcoef(scores.heads[:, 0], examples.weak[:, 0])[0, 1] > 0.3
    inside = (examples.target[:, 0] > scores.quantiles[:, 0, 0]) & (examples.target[:, 0] < scores.quantiles[:, 0, 2])
    assert 0.4 < inside.mean() < 1


def test_any_subset_of_the_modalities_is_scored(examples: Examples, model: FusionModel) -> None:
    scorer = Scorer(model)
    for size in range(len(MODALITIES) + 1):
        for chosen in combinations(MODALITIES, size):
            scores = scorer.score(examples.inputs[:3].only(*chosen))
            assert ((scores.value > 0) & (scores.value < 1)).all()
            assert (np.diff(scores.quantiles, axis=2) > 0).all()
            assert np.isfinite(scores.heads).all()


def test_a_post_is_scored_alike_alone_in_a_batch_and_by_one_picture(examples: Examples, model: FusionModel) -> None:
    scorer, some = Scorer(model), examples.inputs[50:58]
    together = scorer.score(some).value
    alone = np.concatenate([scorer.score(some[i : i + 1]).value for i in range(8)])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    shared = replace(some, picture=some.picture[:1])
    repeated = replace(some, picture=np.repeat(some.picture[:1], 8, axis=0))
    np.testing.assert_array_equal(scorer.score(shared).value, scorer.score(repeated).value)


def test_a_modality_that_was_not_trained_is_left_aside_and_another_shape_is_refused(
    examples: Examples, model: FusionModel
) -> None:
    scorer, some = Scorer(model), examples.inputs[:2]
    with_sound = replace(some, sound=np.ones((2, 1, 15), dtype=np.float32))
    np.testing.assert_array_equal(scorer.score(with_sound).value, scorer.score(some).value)
    with pytest.raises(ValueError, match="shape"):
        scorer.score(replace(some, text=np.ones((2, 1, 5), dtype=np.float32)))


def test_the_same_examples_and_seed_give_the_same_model(examples: Examples) -> None:
    recipe = Recipe(epochs=0, min_steps=3)
    first, second, other = (train(examples, seed=seed, recipe=recipe) for seed in (1, 1, 2))
    assert first.onnx == second.onnx != other.onnx
    np.testing.assert_array_equal(first.weights, second.weights)


def test_the_selector_weighs_examples_by_their_value(examples: Examples) -> None:
    plain, selected = (train(examples, seed=1, recipe=Recipe(epochs=0, min_steps=3, selector=s)) for s in (0.0, 2.0))
    assert plain.onnx != selected.onnx


@given(st.lists(st.floats(0, 5), min_size=5, max_size=5), st.lists(st.floats(-6, 6), min_size=5, max_size=5))
def test_v_never_falls_when_a_subscore_rises(weights: list[float], heads: list[float]) -> None:
    raised = np.array(heads) + np.vstack([np.zeros(5), np.eye(5)])
    values = value_of(raised, np.array(weights))
    assert (values[1:] >= values[0]).all()


def test_a_model_survives_storage_and_a_negative_weight_does_not(model: FusionModel) -> None:
    arrays = model.to_arrays()
    restored = FusionModel.from_arrays(arrays)
    assert (restored.onnx, restored.shapes) == (model.onnx, model.shapes)
    assert (model.weights >= 0).all()
    with pytest.raises(ValueError, match="negative"):
        FusionModel.from_arrays(arrays | {"weights": -arrays["weights"]})
