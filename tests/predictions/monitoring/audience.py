"""Store the sandbox's creators with observed posts, as the service would have over weeks, in a few queries.

The sandbox's simulator makes the posts and counts; a `Shift` is the effect of its control call `shift_audience`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from accounts.models import TikTokAccount
from posts.models import Observation, Post, PostContent, PostsChange
from tests.factories import TikTokAccountFactory, measured_once
from tests.predictions.histories import content_row
from tests.sandbox.simulation.creators import Creator, roster
from tests.sandbox.simulation.effects import Shift
from tests.sandbox.simulation.simulator import Simulator, counts_at, join

HOUR = 3600
OBSERVED_AT_H = (1, 6, 24)
CREATORS = 40
"""The ordinary ones; the odd ones come after them."""


def publish(seed: int, epoch: int, until: int, *, history: int, shifts: Sequence[Shift] = ()) -> list[TikTokAccount]:
    """Store the creators' last `history` posts before the epoch (a UTC midnight), and all after it until `until`."""
    simulator = Simulator(seed, epoch)
    return [_publish(simulator, creator, until, history, shifts) for creator in roster(seed)[:CREATORS]]


def _publish(
    simulator: Simulator, creator: Creator, until: int, history: int, shifts: Sequence[Shift]
) -> TikTokAccount:
    made = join([simulator.block(creator, number) for number in range(simulator.block_number(until) + 1)])
    begin = max(int(np.searchsorted(made.posted_at, simulator.epoch)) - history, 0)
    made = made.take(np.arange(begin, np.searchsorted(made.posted_at, until)))
    finals = simulator.finals(creator, made, shifts)
    account: TikTokAccount = TikTokAccountFactory(follower_count=creator.followers)
    moments = [datetime.fromtimestamp(at, UTC) for at in made.posted_at.tolist()]
    posts = Post.objects.bulk_create(
        Post(
            account=account,
            tiktok_id=str(tiktok_id),
            posted_at=moment,
            duration_s=duration_s,
            first_seen_at=moment,
            last_seen_at=moment,
        )
        for tiktok_id, moment, duration_s in zip(
            made.ids.tolist(), moments, made.content.duration_s.tolist(), strict=True
        )
    )
    measured = [measured_once(caption) for caption in made.captions]
    PostContent.objects.bulk_create(content_row(post, caption) for post, caption in zip(posts, measured, strict=True))
    for age_h in OBSERVED_AT_H:
        observed_at = made.posted_at + age_h * HOUR + 120
        counts = counts_at(finals, made.posted_at, made.tau_h, observed_at.astype(float))
        Observation.objects.bulk_create(
            Observation(
                post=post,
                observed_at=datetime.fromtimestamp(at, UTC),
                scheduled_age_h=age_h,
                likes=likes,
                comments=comments,
                shares=shares,
                views=views,
            )
            for post, at, (likes, comments, shares, views) in zip(
                posts, observed_at.tolist(), counts.tolist(), strict=True
            )
        )
    PostsChange.objects.create(account=account, changed_at=moments[-1], sequence=1)
    return account
