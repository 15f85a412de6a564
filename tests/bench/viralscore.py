"""`python -m tests.bench.viralscore`: times of the fusion network for one draft and 16 candidates, and its size."""

from dataclasses import replace
from time import perf_counter

import numpy as np

from predictions.engine.data.growth import GrowthCurve
from predictions.viralscore.examples import Inputs
from predictions.viralscore.histories import examples_of_histories
from predictions.viralscore.scorer import Scorer
from predictions.viralscore.training import Recipe, train
from tests.engine.synthetic import account, end_of

_RUNS = 200


def main() -> None:
    """Train in two steps, as weights do not matter to the time, and print quantiles in milliseconds."""
    history = account("a", posts=30)
    examples, _ = examples_of_histories([history], GrowthCurve(), "horizon", end_of(history))
    model = train(examples, seed=0, recipe=Recipe(epochs=0, min_steps=2))
    scorer, draft = Scorer(model), examples.inputs[-1:]
    candidates = replace(draft, text=np.repeat(draft.text, 16, axis=0))
    print(f"model {len(model.onnx) / 1e6:.2f} MB")
    for name, inputs in (("one draft", draft), ("16 candidates", candidates)):
        median, high = np.quantile([_milliseconds(scorer, inputs) for _ in range(_RUNS)], (0.5, 0.95))
        print(f"{name}: {median:.2f} ms, 95 % within {high:.2f} ms")


def _milliseconds(scorer: Scorer, inputs: Inputs) -> float:
    began = perf_counter()
    scorer.score(inputs)
    return 1_000 * (perf_counter() - began)


if __name__ == "__main__":
    main()
