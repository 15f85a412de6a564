"""The creators at the sandbox's current time: their published posts and counts."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tests.sandbox.simulation.creators import Creator, roster
from tests.sandbox.simulation.effects import Ints, Shift
from tests.sandbox.simulation.growth import DAY
from tests.sandbox.simulation.simulator import Posts, Simulator, counts_at, join
from tests.sandbox.state import Published, State

NEUTRAL_COVER = (0.5, 0.5, 0.5)


class World:
    """The simulator's posts combined with the state; every change calls `on_change`, which saves the state."""

    def __init__(self, state: State, simulator: Simulator, on_change: Callable[[], None]) -> None:
        self.state = state
        self.simulator = simulator
        self.on_change = on_change
        self.creators = {creator.handle: creator for creator in roster(state.seed)}
        self._finals: dict[str, tuple[int, Posts, Ints]] = {}

    def now(self) -> float:
        """Return sandbox time in seconds since 1970."""
        return self.state.clock.now()

    def posts(self, creator: Creator) -> tuple[Posts, Ints]:
        """Return the creator's public posts, newest first, and their counts now: (n, 4), in the order of COUNTS."""
        now = self.now()
        posts, finals = self._all_posts(creator, now)
        rows = np.flatnonzero(self._is_public(posts))[::-1]
        posts, finals = posts.take(rows), finals[rows]
        return posts, self._after_falls(posts, counts_at(finals, posts.posted_at, posts.tau_h, now))

    def number_of_posts(self, creator: Creator) -> int:
        """Return how many public posts the creator has now."""
        posts, _ = self._all_posts(creator, self.now())
        return int(self._is_public(posts).sum())

    def counts_of(self, creator: Creator, post_id: int, at: float) -> dict[str, int]:
        """Return a post's counts at any moment, past or future, ignoring `make_counts_fall`; KeyError if unknown."""
        posts, finals = self._all_posts(creator, max(at, self.now()))
        row = np.flatnonzero(posts.ids == post_id)
        if not len(row):
            raise KeyError(post_id)
        counts = counts_at(finals[row], posts.posted_at[row], posts.tau_h[row], at)[0]
        likes, comments, shares, views = counts.tolist()
        return {"likes": likes, "comments": comments, "shares": shares, "views": views}

    def find(self, post_id: int) -> Creator | None:
        """Return the creator of a public post, or None."""
        return next((c for c in self.creators.values() if post_id in self.posts(c)[0].ids), None)

    def followers(self, creator: Creator) -> int:
        """Return the creator's followers now."""
        years = (self.now() - self.state.epoch) / (365 * DAY)
        return round(creator.followers * (1 + creator.yearly_growth * years))

    def publish(
        self, creator: Creator, *, caption: str, duration_s: int, posted_at: int, cover: Sequence[float]
    ) -> int:
        """Publish a post and return its id; `posted_at` moves back to the nearest second without another post."""
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
        """Delete a post for good."""
        self.state.deleted.add(post_id)
        self.on_change()

    def list_oddly(self, pinned: Sequence[int], unlisted: Sequence[int]) -> None:
        """List these posts first, and leave those out of lists and queries."""
        self.state.pinned, self.state.unlisted = list(pinned), set(unlisted)
        self.on_change()

    def make_counts_fall(self, post_id: int, share: float) -> None:
        """Remove a share (0..1) of a post's counts, now and later."""
        self.state.falls[post_id] = share
        self.on_change()

    def shift_audience(self, creator: str, *, hours: float, level: float) -> None:
        """Change the audience of a creator, or of all if empty, for posts published from now on."""
        self.state.shifts.append(Shift(self.now(), creator, hours, level))
        self._finals.clear()
        self.on_change()

    def _is_public(self, posts: Posts) -> NDArray[np.bool_]:
        is_public: NDArray[np.bool_] = posts.posted_at <= self.now()
        if self.state.deleted:
            is_public &= ~np.isin(posts.ids, list(self.state.deleted))
        return is_public

    def _after_falls(self, posts: Posts, counts: Ints) -> Ints:
        if not self.state.falls:
            return counts
        kept = np.array([1 - self.state.falls.get(post_id, 0.0) for post_id in posts.ids.tolist()])
        return np.asarray(np.floor(counts * kept[:, None] + 1e-9), np.int64)

    def _all_posts(self, creator: Creator, until: float) -> tuple[Posts, Ints]:
        """Return all posts of the blocks up to a moment, oldest first, and their final counts."""
        last = self.simulator.block_number(until)
        cached = self._finals.get(creator.handle)
        if cached and cached[0] >= last:
            return cached[1], cached[2]
        published = [post for post in self.state.published if post.creator == creator.handle]
        if not published and not self.state.shifts:
            return self.simulator.history(creator, last)
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
            for post in published
        ]
        posts = join(parts)
        finals = self.simulator.finals(creator, posts, self.state.shifts)
        self._finals[creator.handle] = (last, posts, finals)
        return posts, finals
