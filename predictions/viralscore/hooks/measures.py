"""Simple measures of a headline as a hook: signs, counts, and words that point at people or hold something back."""

import re

import numpy as np

from predictions.engine.types import Floats

_WORD = re.compile(r"[\w']+")
_END = re.compile(r"[.!?]+\s")
_SIGNS = ("?", "!", "...", "…", ",", "'", "’", '"', "“", ":", "(", "#")
_GROUPS = tuple(
    frozenset(words.split())
    for words in (
        "you your you're you'll", "this these", "that those", "i my me i'm", "we our us", "he his him", "she her",
        "they their them", "how", "why", "what", "who", "when", "where", "here's here", "if", "will",
        "not don't won't can't isn't doesn't", "never", "always ever", "most best worst", "every all", "watch see look",
        "just only", "but and", "because so", "than", "one", "is are was", "video photo picture",
        "people man woman girl boy kid guy", "a the",
    )
)  # fmt: skip
HOOK_MEASURES = 6 + len(_SIGNS) + len(_GROUPS) + 1


def hook_measures(headline: str) -> Floats:
    """Return the measures (HOOK_MEASURES,) of a headline, none of them NaN."""
    words = _WORD.findall(headline)
    folded = [word.casefold() for word in words]
    n = max(len(words), 1)
    return np.array(
        [
            len(headline) / 50,
            len(words) / 10,
            len(headline) / n / 5,
            sum(word[0].isupper() for word in words) / n,
            sum(len(word) > 1 and word.isupper() for word in words),
            float(any(word.isdecimal() for word in words)),
            *(headline.count(sign) for sign in _SIGNS),
            *(sum(word in group for word in folded) for group in _GROUPS),
            len(_END.split(headline)),
        ],
        dtype=np.float64,
    )
