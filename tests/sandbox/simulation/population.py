"""Write simulated histories of creators that cannot sign in, to train a first model from.

    python -m tests.sandbox.simulation.population --accounts 150 --posts-max 150 --seed 77 --out FILE.csv.gz

The file is in the post history format: one row per observation of a post. Every post is observed at the end; a share is
also followed from its first hour on, so that growth can be learned. The same arguments give the same bytes.
"""

import argparse
import csv
import gzip
import io
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.sandbox.simulation import captions
from tests.sandbox.simulation.creators import Creator, draw_creator
from tests.sandbox.simulation.effects import Ints
from tests.sandbox.simulation.growth import DAY, HOUR
from tests.sandbox.simulation.simulator import Simulator, counts_at

COLUMNS = [
    "account_id",
    "post_id",
    "posted_at",
    "observed_at",
    "caption",
    "hashtags",
    "duration_s",
    "sound",
    "followers",
    "likes",
    "comments",
    "shares",
    "views",
]
FOLLOWED_AT_H = (1, 6, 24, 72, 168)
FOLLOWED_SHARE = 0.4
MIN_POSTS = 5
_FIRST_INDEX = 100_000  # far from the creators that can sign in
Row = tuple[str | int, ...]


def creators(seed: int, accounts: int, posts_max: int) -> Iterator[Creator]:
    """Yield creators of any size with MIN_POSTS to `posts_max` posts each, log-uniformly."""
    topics = list(captions.TOPICS)
    for index in range(_FIRST_INDEX, _FIRST_INDEX + accounts):
        rng = np.random.default_rng([seed, index, 5])
        followers = int(np.exp(rng.uniform(np.log(200), np.log(5_000_000))))
        posts = round(float(np.exp(rng.uniform(np.log(MIN_POSTS), np.log(posts_max)))))
        topic = topics[int(rng.integers(len(topics)))]
        yield draw_creator(seed, index, topic=topic, followers=followers, history_posts=posts)


def observations(simulator: Simulator, creator: Creator) -> Iterator[Row]:
    """Yield the rows of a creator's posts before the simulator's epoch, the time of the last observation."""
    posts = simulator.block(creator, 0)
    rng = np.random.default_rng([simulator.seed, creator.index, 6])
    rows, observed_at = _schedule(rng, posts.posted_at, simulator.epoch)
    finals = simulator.finals(creator, posts)
    counts = counts_at(finals[rows], posts.posted_at[rows], posts.tau_h[rows], observed_at.astype(float))
    posted, observed = _iso(posts.posted_at), _iso(observed_at)
    sounds = rng.integers(0, len(captions.SOUNDS), len(posts))
    for place, row in enumerate(rows.tolist()):
        yield (
            f"sim{creator.index}",
            str(posts.ids[row]),
            posted[row],
            observed[place],
            posts.captions[row],
            " ".join(posts.content.tags[row]),
            int(posts.content.duration_s[row]),
            captions.SOUNDS[sounds[row]],
            creator.followers,
            *counts[place].tolist(),
        )


def write(path: Path, *, seed: int, accounts: int, posts_max: int, until: int) -> int:
    """Write a temporary file, rename it to `path`, and return its number of rows."""
    simulator, written = Simulator(seed, until), 0
    aside = path.with_suffix(path.suffix + ".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    # without the time of writing in its header, so that the same arguments give the same bytes
    with (
        aside.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for creator in creators(seed, accounts, posts_max):
            rows = list(observations(simulator, creator))
            writer.writerows(rows)
            written += len(rows)
    os.replace(aside, path)
    return written


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.sandbox.simulation.population",
        description="Write simulated post histories (gzipped CSV, a row per observation) to train a first model from.",
    )
    parser.add_argument("--accounts", type=_at_least(1), default=150, help="how many (default %(default)s)")
    parser.add_argument("--posts-max", type=_at_least(MIN_POSTS), default=150, help="per account (default %(default)s)")
    parser.add_argument("--seed", type=_at_least(0), default=77, help="which population (default %(default)s)")
    parser.add_argument(
        "--until", type=_date, help="UTC date at whose start the last observation is made (default: today)"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write, ending in .csv.gz")
    options = parser.parse_args()
    until = int(time.time() // DAY) * DAY if options.until is None else options.until
    rows = write(options.out, seed=options.seed, accounts=options.accounts, posts_max=options.posts_max, until=until)
    print(f"{rows} observations of {options.accounts} accounts in {options.out}")


def _schedule(rng: np.random.Generator, posted_at: Ints, end: int) -> tuple[Ints, Ints]:
    """Return the schedule of observations, sorted by post: rows of the posts, and moments."""
    followed = np.flatnonzero(rng.random(len(posted_at)) < FOLLOWED_SHARE)
    ages_h = np.array(FOLLOWED_AT_H) * rng.uniform(1.0, 1.15, (len(followed), len(FOLLOWED_AT_H)))
    moments = posted_at[followed, None] + (ages_h * HOUR).astype(np.int64)
    rows = np.repeat(followed, len(FOLLOWED_AT_H))
    seen = moments.ravel() < end
    rows = np.concatenate([rows[seen], np.arange(len(posted_at))])
    moments = np.concatenate([moments.ravel()[seen], np.full(len(posted_at), end)])
    order = np.lexsort((moments, rows))
    return rows[order], moments[order]


def _iso(moments: Ints) -> list[str]:
    return [f"{text}Z" for text in np.datetime_as_string(moments.astype("datetime64[s]"))]


def _at_least(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
        return int(text)

    return whole_number


def _date(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-12-01") from error


if __name__ == "__main__":
    main()
