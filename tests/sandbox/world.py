"""The creators as they stand at the sandbox's now: what is published, with which counts."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from tests.sandbox.creators import Creator, roster
from tests.sandbox.effects import Ints, Shift
from tests.sandbox.growth import DAY
from tests.sandbox.simulator import Posts, Simulator, counts_at, join
from tests.sandbox.state import Published, State

NEUTRAL_COVER = (0.5, 0.5, 0.5)


class World:
    """Answers from the seed and the state; every change is told to `on_change`, which saves it."""

    def __init__(self, state: State, simulator: Simulator, on_change: Callable[[], None]) -> None:
        self.state = state
        self.simulator = simulator
        self.on_change = on_change
        self.creators = {creator.handle: creator for creator in roster(state.seed)}
        self._finals: dict[str, tuple[int, Posts, Ints]] = {}

    def now(self) -> float:
        """Sandbox time, seconds since 1970."""
        return self.state.clock.now()

    def posts(self, creator: Creator) -> tuple[Posts, Ints]:
        """The creator's public posts, newest first, and their counts now: (n, 4), in the order of COUNTS."""
        now = self.now()
        posts, finals = self._all_posts(creator, now)
        shown = posts.posted_at <= now
        if self.state.deleted:
            shown &= ~np.isin(posts.ids, list(self.state.deleted))
        rows = np.flatnonzero(shown)[::-1]
        posts, finals = posts.take(rows), finals[rows]
        return posts, self._fallen(posts, counts_at(finals, posts.posted_at, posts.tau_h, now))

    def counts_of(self, creator: Creator, post_id: int, at: float) -> dict[str, int]:
        """The counts of one post at any moment, past or to come, without the falls of control; KeyError if unknown."""
        posts, finals = self._all_posts(creator, max(at, self.now()))
        row = np.flatnonzero(posts.ids == post_id)
        if not len(row):
            raise KeyError(post_id)
        counts = counts_at(finals[row], posts.posted_at[row], posts.tau_h[row], at)[0]
        likes, comments, shares, views = counts.tolist()
        return {"likes": likes, "comments": comments, "shares": shares, "views": views}

    def find(self, post_id: int) -> Creator | None:
        """Whose public post this is."""
        return next((c for c in self.creators.values() if post_id in self.posts(c)[0].ids), None)

    def followers(self, creator: Creator) -> int:
        """Followers now."""
        years = (self.now() - self.state.epoch) / (365 * DAY)
        return round(creator.followers * (1 + creator.yearly_growth * years))

    def publish(
        self, creator: Creator, *, caption: str, duration_s: int, posted_at: int, cover: Sequence[float]
    ) -> int:
        """A new post; its id. Moved back by seconds to one in which there is no other post."""
        taken = set(self._all_posts(creator, max(self.now(), posted_at))[0].posted_at.tolist())
        while posted_at in taken:
            posted_at -= 1
        low = hashlib.sha256(f"{creator.handle}/{posted_at}/{len(self.state.published)}".encode()).digest()[:4]
        post_id = posted_at << 32 | int.from_bytes(low, "big")
        brightness, saturation, contrast = cover
        post = Published(post_id, creator.handle, caption, duration_s, posted_at, (brightness, saturation, contrast))
        self.state.published.append(post)
        self._finals.pop(creator.handle, None)
        self.on_change()
        return post_id

    def delete(self, post_id: int) -> None:
        """Take a post away for good."""
        self.state.deleted.add(post_id)
        self.on_change()

    def make_counts_fall(self, post_id: int, share: float) -> None:
        """Take away a share (0..1) of a post's counts, now and later."""
        self.state.falls[post_id] = share
        self.on_change()

    def shift_audience(self, creator: str, *, hours: float, level: float) -> None:
        """Change the audience of a creator, or of all if empty, for posts published from now on."""
        self.state.shifts.append(Shift(self.now(), creator, hours, level))
        self._finals.clear()
        self.on_change()

    def _fallen(self, posts: Posts, counts: Ints) -> Ints:
        if not self.state.falls:
            return counts
        kept = np.array([1 - self.state.falls.get(post_id, 0.0) for post_id in posts.ids.tolist()])
        return np.asarray(np.floor(counts * kept[:, None] + 1e-9), np.int64)

    def _all_posts(self, creator: Creator, until: float) -> tuple[Posts, Ints]:
        """All posts of the blocks up to a moment, oldest first, and their final counts."""
        last = self.simulator.block_number(until)
        known = self._finals.get(creator.handle)
        if known and known[0] >= last:
            return known[1], known[2]
        parts = [self.simulator.block(creator, number) for number in range(last + 1)]
        parts += [
            self.simulator.published(
                creator,
                post.id,
                caption=post.caption,
                duration_s=post.duration_s,
                posted_at=post.posted_at,
                cover=post.cover,
            )
            for post in self.state.published
            if post.creator == creator.handle
        ]
        posts = join(parts)
        finals = self.simulator.finals(creator, posts, self.state.shifts)
        self._finals[creator.handle] = (last, posts, finals)
        return posts, finals
