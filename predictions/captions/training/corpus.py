"""Captions of a post history file, cut in two by time, with how well each post did against its creator's level."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from predictions.captions.writing.evaluation import TRAINED_SHARE
from predictions.captions.writing.tokens import model_tokens
from predictions.captions.writing.voice import FEWEST_CAPTIONS, MOST_CAPTIONS, has_words, lifts_of
from predictions.engine.data.csv_cells import BadCell, BadHistoryFile, count_of, moment_of, read_text, rows_of
from predictions.engine.data.history_file import COLUMNS
from predictions.engine.types import Floats

Words = tuple[str, ...]
"""A caption as the writer's n-grams read it: casefolded, no hashtags, placeholders for numbers, names and links."""


@dataclass(frozen=True, slots=True)
class Creator:
    """A creator's captions in order of publishing, the earlier ones to learn from and the later ones to predict."""

    account_id: str
    earlier: Sequence[Words]
    values: Floats
    """(n,) V of the earlier ones: the rank of the post's lift among them, 0 to 1; one half where it is not known."""
    later: Sequence[Words]
    above: NDArray[np.bool_]
    """(m,), whether a later post beat the creator's level. Nothing learns from it."""


def read_creators(path: Path) -> list[Creator]:
    """Return the creators of a history file with enough captions.

    Raises BadHistoryFile when a row breaks the format, and OSError when the file cannot be opened.
    """
    posts: defaultdict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    likes: defaultdict[str, list[float]] = defaultdict(list)
    for line, row in rows_of(path, read_text(path, COLUMNS), COLUMNS):
        try:
            posts[row["account_id"]][row["post_id"]] = moment_of(row, "posted_at"), row["caption"]
            likes[row["post_id"]].append(count_of(row, "likes")[0])
        except BadCell as problem:
            raise BadHistoryFile(f"{path}, line {line}, {problem}") from problem
    creators = []
    for account_id, of_account in sorted(posts.items()):
        in_order = sorted(of_account, key=lambda post_id: (of_account[post_id][0], post_id))
        best = [max(likes[post_id]) for post_id in in_order]
        lifts = lifts_of(np.log1p(np.array(best)))
        texts = [of_account[post_id][1] for post_id in in_order]
        kept = [i for i, text in enumerate(texts) if has_words(text)]
        cut = int(TRAINED_SHARE * len(kept))
        if cut >= FEWEST_CAPTIONS:
            words = [model_tokens(texts[i]) for i in kept]
            # a voice has the latest ones alone
            first = max(cut - MOST_CAPTIONS, 0)
            earlier, later = words[first:cut], words[cut:]
            values, above = _ranks(lifts[kept[first:cut]]), lifts[kept[cut:]] > 0
            creators.append(Creator(account_id, earlier, values, later, above))
    return creators


def bytes_of(caption: Words) -> int:
    """Return the UTF-8 bytes of a caption's words with a space between them, and one for its end."""
    return len(" ".join(caption).encode()) + 1


def _ranks(lifts: Floats) -> Floats:
    known = ~np.isnan(lifts)
    ranks = np.full(len(lifts), 0.5)
    ranks[known] = (rankdata(lifts[known]) - 0.5) / max(int(known.sum()), 1)
    return ranks
