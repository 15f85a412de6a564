"""Tell how specific hashtags are: one that everybody uses says little of a post."""

import math
from collections.abc import Iterable, Mapping


def specificity(hashtags: Iterable[str], users: Mapping[str, int], accounts: int) -> float | None:
    """Return the mean specificity of the hashtags, from 0 (every account uses them) to 1 (none does); None without any.

    `users` has how many of the `accounts` used a hashtag in the span that counts. It is the inverse document frequency
    (Spärck Jones, 1972) with an account as the document, smoothed by one and divided by its maximum; so that hashtags
    of one's own posts can be judged, leave the account itself out of both numbers.

    >>> round(specificity(["fyp", "lemonpie"], {"fyp": 80, "lemonpie": 1}, accounts=100), 2)
    0.45
    """
    if accounts < 1:
        return None
    values = [math.log((accounts + 1) / (users.get(tag, 0) + 1)) / math.log(accounts + 1) for tag in hashtags]
    return sum(values) / len(values) if values else None
