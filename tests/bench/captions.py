"""`python -m tests.bench.captions`: CPU of writing and ranking 16 captions for a brief, with a model of two estimators.

Each brief is new, so nothing of it was measured before; the creator's voice is known, as within ten minutes of the
first.
"""

from time import process_time

import numpy as np

from posts.content.lately import measure_draft
from predictions.captions.writing.candidates import Order
from predictions.captions.writing.ranking import write
from predictions.captions.writing.voice import OwnCaption, Voice
from predictions.engine import Draft, chances_above_usual, learn_account
from predictions.engine.training import train
from tests.engine.synthetic import account, end_of, population
from tests.predictions.captions.creators import captions_of

CANDIDATES = 16
_BRIEFS = 40
_THINGS = ("rye loaves", "cold butter rolls", "a lemon tart", "croissants for six", "focaccia", "banana bread")
_WAYS = ("from scratch", "before work", "with what was left", "in a tiny kitchen", "for my neighbours")


def main() -> None:
    """Train on a few simulated accounts, write for each brief, and print quantiles in milliseconds."""
    history = account("a", posts=60)
    as_of = end_of(history)
    model = train(population(12, posts=40), until=as_of)
    learned = learn_account(model, history, as_of=as_of)
    captions: list[OwnCaption] = captions_of(0, 200)
    voice = Voice(captions, None)

    def chances(texts: list[str]) -> list[float | None]:
        drafts = [Draft(as_of + 3600, caption, 20.0, "", None) for caption in map(measure_draft, texts)]
        return chances_above_usual(model, learned, drafts, as_of=as_of)

    taken = []
    for number in range(_BRIEFS):
        brief = f"{_THINGS[number % 6]} {_WAYS[number % 5]}, try {number}"
        began = process_time()
        written = write(Order(brief, n=CANDIDATES, eta=1.0), voice, chances)  # type: ignore[arg-type]
        taken.append(1_000 * (process_time() - began))
        assert len(written.ranked) == CANDIDATES
    # the first one loads what measures captions, and derives the voice
    median, high = np.quantile(taken[5:], (0.5, 0.95))
    print(f"{CANDIDATES} captions: {median:.0f} ms of CPU, 95 % within {high:.0f} ms")


if __name__ == "__main__":
    main()
