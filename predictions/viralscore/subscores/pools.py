"""Use of sounds and hashtags by many accounts, as of any moment."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from predictions.engine.types import DAY, AccountHistory, PublishedPost
from predictions.viralscore.subscores.columns import Circumstances

REUSED_WITHIN = 30 * DAY
RISING_WITHIN = 3 * DAY
COMMON = 0.1
"""Share of the accounts from which on a hashtag belongs to no format, as "fyp" does."""
FEWEST_COMMON = 5
MOST_USES = 1_000
"""Latest uses of a hashtag or sound that are looked at."""


class UsePool:
    """The sounds and hashtags of posts of many accounts. A post is known to all from its publishing on."""

    def __init__(self, histories: Iterable[AccountHistory]) -> None:
        uses: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        accounts: set[str] = set()
        for history in histories:
            for post in history.posts:
                accounts.add(history.account_id)
                for key in (*_hashtags(post), *_sounds(post)):
                    uses[key].append((post.posted_at, history.account_id))
        self._uses = {key: sorted(of_key) for key, of_key in uses.items()}
        self._most_own = max(COMMON * len(accounts), FEWEST_COMMON)

    def circumstances(self, account_id: str, post: PublishedPost) -> Circumstances:
        """Return what other accounts had done with the post's sound and hashtags before it was published."""
        tags, sounds = _hashtags(post), _sounds(post)
        of_tags = [self._others(key, account_id, post.posted_at) for key in tags]
        reused = [others for others, _, _ in of_tags if others <= self._most_own]
        of_sounds = [self._others(key, account_id, post.posted_at) for key in sounds]
        return Circumstances(
            reused_sound=math.log1p(of_sounds[0][0]) if of_sounds else math.nan,
            reused_hashtag=math.log1p(max(reused, default=0)),
            rising_sound=_growth(*of_sounds[0][1:]) if of_sounds else math.nan,
            rising_hashtag=max((_growth(*of_tag[1:]) for of_tag in of_tags), default=0.0),
        )

    def _others(self, key: str, account_id: str, moment: int) -> tuple[int, int, float]:
        """Return the other accounts of `REUSED_WITHIN`, of `RISING_WITHIN`, and those usual in so long before that."""
        uses = self._uses.get(key, [])
        end = bisect_left(uses, (moment, ""))
        latest = [use for use in uses[max(0, end - MOST_USES) : end] if use[1] != account_id]
        since, lately = moment - REUSED_WITHIN, moment - RISING_WITHIN
        all_ = {account for at, account in latest if at > since}
        new = {account for at, account in latest if at > lately}
        before = {account for at, account in latest if since < at <= lately}
        return len(all_), len(new), len(before) * RISING_WITHIN / (REUSED_WITHIN - RISING_WITHIN)


def _growth(lately: int, usual: float) -> float:
    return max(math.log((lately + 1) / (usual + 1)), 0.0)


def _hashtags(post: PublishedPost) -> tuple[str, ...]:
    return tuple(f"#{tag}" for tag in post.caption.hashtags)


def _sounds(post: PublishedPost) -> tuple[str, ...]:
    """Return the post's sound, none where it is unknown or its creator's own, whose title all languages give alike."""
    sound = post.sound.strip().casefold()
    return (f"~{sound}",) if sound and not sound.startswith("original sound") else ()
