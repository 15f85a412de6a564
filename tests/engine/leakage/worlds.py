"""Accounts in which leaks are hunted, moments that are edges, and drawn futures: what the tests of leakage share."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from predictions.engine import HORIZON, AccountHistory, Counts, GlobalModel, PublishedPost
from predictions.engine.evaluation.promotion import compare
from tests.engine.leakage.alarm import (
    FUTURE,
    UNRIPE,
    Outputs,
    Pipeline,
    earlier_recounted,
    followers_grew,
    rewritten,
    with_observations,
)
from tests.engine.synthetic import CAPTIONS, DAY, START, account, post

SEEN = (2 * 3600, 6 * 3600, 20 * 3600, 28 * 3600, 3 * DAY)
"""Ages: a label is better known some hours after the first day is over than when it ends."""


def world(accounts: int = 2, posts: int = 24, *, name: str = "w", seed: int = 0) -> list[AccountHistory]:
    """Accounts as a live service sees them: each post within hours, at the horizon, and later."""
    made = []
    for i in range(accounts):
        made.append(
            account(
                f"{name}{i}", posts, seed=seed, level=4.0 + i % 4, observed=SEEN, step=DAY // 2 + i % 3 * DAY // 4,
                caption_effect=1.0, favourite=i % len(CAPTIONS), followers=10.0 ** (2 + i % 5),
            )
        )  # fmt: skip
    return made


def without_some_likes(history: AccountHistory) -> AccountHistory:
    """Every seventh post never shows its likes, only its other counts."""
    return replace(
        history,
        posts=tuple(
            with_observations(p, (replace(c, likes=float("nan")) for c in p.observations)) if k % 7 == 6 else p
            for k, p in enumerate(history.posts)
        ),
    )


def moments_of(accounts: Sequence[AccountHistory]) -> list[int]:
    """The edges: a second before the end of a first day, at it, just before an observation, and at publishing."""
    posts = accounts[0].posts
    a, b = posts[len(posts) // 2], posts[len(posts) * 3 // 4]
    return [a.posted_at + HORIZON - 1, a.posted_at + HORIZON, a.observations[3].observed_at - 1, b.posted_at]


ACCOUNTS = world()

MOMENTS = moments_of(ACCOUNTS)

HIDING = [without_some_likes(a) for a in ACCOUNTS]

LIVE = {**FUTURE, **UNRIPE}


def crawled(accounts: int, posts: int, name: str) -> list[AccountHistory]:
    """Histories read at one moment, weeks after their last post; and of each account a post a day old."""
    made = []
    for i in range(accounts):
        history = account(f"{name}{i}", posts, level=4.0 + i % 5, observed=(60 * DAY,))
        fresh = [post(f"{name}{i}-f{k}", START + (posts + 2 * k) * DAY + i, 4e3, k, (20 * 3600,)) for k in range(3)]
        made.append(replace(history, posts=(*history.posts, *fresh)))
    return made


def errors_on_one_post(model: GlobalModel) -> Pipeline:
    """What a comparison says of the one post that was published at the moment and whose first day is measured."""

    def pipeline(accounts: Sequence[AccountHistory], moment: int) -> Outputs:
        rival = replace(GlobalModel.prior(), manifest={"until": moment})
        known = replace(model, manifest=model.manifest | {"until": moment})
        pairs = list(compare(known, rival, accounts, since=moment, until=moment + 60 * DAY))
        assert all(pair.posts == 1 for pair in pairs)
        return {f"errors on {i}": repr((pair.champion, pair.challenger)).encode() for i, pair in enumerate(pairs)}

    return pipeline


JUDGED = ACCOUNTS[0].posts[15]


def young_from_the_judged_on(p: PublishedPost) -> PublishedPost:
    """Only the judged post has a measured first day among those from it on."""
    keep = SEEN if p.posted_at < JUDGED.posted_at else (SEEN[:3] if p is JUDGED else SEEN[:2])
    return with_observations(p, (c for c in p.observations if c.observed_at - p.posted_at in keep))


def later_posts_changed(account: AccountHistory, moment: int) -> AccountHistory:
    """Posts that follow the judged one have other counts, younger than a label would be, and other content."""
    posts = [
        with_observations(p, (replace(c, likes=8e6) for c in p.observations)) if p.posted_at > moment else p
        for p in account.posts
    ]
    return rewritten(replace(account, posts=tuple(posts)), moment)


COMPARED = [replace(ACCOUNTS[0], posts=tuple(map(young_from_the_judged_on, ACCOUNTS[0].posts)))]

AROUND = {change.__name__: change for change in (later_posts_changed, earlier_recounted, followers_grew)}
"""What may not move the errors on the judged post, whose own later counts are its label."""

counts = st.builds(Counts, st.just(0), *[st.one_of(st.just(float("nan")), st.floats(0, 1e9)) for _ in range(4)])

futures = st.lists(
    st.tuples(st.integers(0, 10 * DAY), counts, st.integers(0, len(CAPTIONS) - 1)), min_size=1, max_size=6
)


def drawn(later: list[tuple[int, Counts, int]]) -> Callable[[AccountHistory, int], AccountHistory]:
    """The change to a drawn future: other observations, other posts, other captions."""

    def change(history: AccountHistory, moment: int) -> AccountHistory:
        posts: list[PublishedPost] = []
        for p in history.posts:
            if p.posted_at <= moment:
                known = tuple(c for c in p.observations if c.observed_at <= moment)
                posts.append(
                    with_observations(p, (*known, *(replace(c, observed_at=moment + 1 + d) for d, c, _ in later)))
                )
        posts += [post(f"new{i}", moment + 1 + d, 10.0 ** (i % 7), kind) for i, (d, _, kind) in enumerate(later)]
        return replace(history, posts=tuple(posts))

    return change
