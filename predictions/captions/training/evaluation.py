"""Bits per byte of each creator's later captions, under n-grams, the base, its adaptations, and mixtures of them."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from predictions.captions.training.corpus import Creator, bytes_of
from predictions.captions.training.network import Pieces, word_logs
from predictions.captions.training.ngrams import NgramParts, mixed, mixture_weights
from predictions.captions.training.tuning import Adapted, Recipe, Way, adapt, cut, train_base
from predictions.engine.types import Floats
from predictions.viralscore.figures import Figure, figures_of

PARTS = 2
"""Groups of creators: the base for those of one learned from the others."""
RECIPES = {"": Recipe(), ", lambda 0": Recipe(weight=0.0), ", no auxiliary": Recipe(auxiliary=0.0)}
VOICE, OWN, NGRAMS, BASE = "n-gram voice", "own n-grams, spelling", "n-grams", "base"
"""The model that writes; own n-grams where any word can be spelt; others' n-grams besides; a writer not adapted."""


class Figures:
    """Bits per byte by model and creator, one for each seed, and what the adaptations took."""

    def __init__(self) -> None:
        self._all: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._above: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.adapted: defaultdict[Way, list[Adapted]] = defaultdict(list)
        self.values = 0
        """Of the base."""

    def add(self, model: str, creator: Creator, logs: Floats) -> None:
        """Add log P (natural) of the words and ends of a creator's later captions."""
        bits = np.add.reduceat(-logs / math.log(2), np.cumsum([0, *(len(words) + 1 for words in creator.later[:-1])]))
        sizes = np.array([bytes_of(words) for words in creator.later])
        self._all[model][creator.account_id].append(float(bits.sum() / sizes.sum()))
        if creator.above.any():
            above = float(bits[creator.above].sum() / sizes[creator.above].sum())
            self._above[model][creator.account_id].append(above)

    def compare(self, models: Sequence[str], against: str, *, above: bool = False) -> list[Figure]:
        """Return each model's bits per byte, mean over creators; `above`: only of captions that beat the level."""
        of_models = self._above if above else self._all
        creators = np.array(list(of_models[against]))
        means = {name: np.array([np.mean(of_models[name][each]) for each in creators]) for name in {*models, against}}
        compared = figures_of(means, against, creators)
        return sorted((each for each in compared if each.name in models), key=lambda each: models.index(each.name))

    def by_seed(self, model: str, against: str) -> list[float]:
        """Return the mean difference over creators with each seed."""
        pairs = [np.subtract(self._all[model][each], self._all[against][each]) for each in self._all[model]]
        return [float(mean) for mean in np.mean(pairs, axis=0)]


def evaluate(creators: Sequence[Creator], seeds: Sequence[int], progress: Callable[[str], object]) -> Figures:
    """Return the figures of `creators`, forward in time."""
    figures = Figures()
    for part in range(PARTS):
        inside = creators[part::PARTS]
        outside = [each for i, each in enumerate(creators) if i % PARTS != part]
        texts = [words for each in outside for words in each.earlier]
        pieces, ngrams = Pieces(texts), NgramParts(texts)
        learned = [pieces.example(w, v) for each in outside for w, v in zip(each.earlier, each.values, strict=True)]
        slices = {each.account_id: _ngram_figures(each, ngrams, figures) for each in inside}
        for seed in seeds:
            for suffix, recipe in RECIPES.items():
                progress(f"part {part + 1} of {PARTS}, seed {seed}{suffix}")
                base = train_base(learned, pieces.size, recipe, seed)
                figures.values = sum(each.numel() for each in base.parameters())
                for creator in inside:
                    earlier = [pieces.example(*each) for each in zip(creator.earlier, creator.values, strict=True)]
                    later = [pieces.example(words) for words in creator.later]
                    of_base = word_logs(base, cut(earlier)[1]), word_logs(base, later)
                    figures.add(BASE + suffix, creator, np.concatenate(of_base[1]))
                    if suffix:
                        continue
                    _add_mixture(figures, BASE, creator, slices[creator.account_id], of_base)
                    for way in Way:
                        adapted = adapt(base, way, earlier, recipe, seed)
                        logs = word_logs(adapted.writer, later)
                        figures.add(way, creator, np.concatenate(logs))
                        figures.adapted[way].append(adapted)
                        _add_mixture(figures, way, creator, slices[creator.account_id], (adapted.checked, logs))
    return figures


def _ngram_figures(creator: Creator, ngrams: NgramParts, figures: Figures) -> tuple[Floats, Floats]:
    """Return log P (3, n) of the parts on the checked slice, without knowing it, and on the later captions."""
    learned, checked = cut(creator.earlier)
    logs = ngrams.logs(learned, checked), ngrams.logs(creator.earlier, creator.later)
    figures.add(VOICE, creator, ngrams.served(creator.earlier, creator.later))
    for name, parts in ((OWN, [0, 2]), (NGRAMS, [0, 1, 2])):
        figures.add(name, creator, mixed(mixture_weights(logs[0][parts]), logs[1][parts]))
    return logs


def _add_mixture(
    figures: Figures,
    model: str,
    creator: Creator,
    ngrams: tuple[Floats, Floats],
    network: tuple[Sequence[Floats], Sequence[Floats]],
) -> None:
    """Add the linear mixture of n-grams and a network, its weights chosen on the checked slice."""
    checked, later = (
        np.vstack([logs, np.concatenate(of_network)]) for logs, of_network in zip(ngrams, network, strict=True)
    )
    figures.add(f"{NGRAMS} + {model}", creator, mixed(mixture_weights(checked), later))
