"""How training's cost grows with the number of posts, on simulated creators."""

import tempfile
import time
from pathlib import Path

from predictions.engine import train
from predictions.engine.history_file import read_history_file
from tests.sandbox import population

ACCOUNTS = (75, 150, 300)
UNTIL = 20_000 * 24 * 3600


def measure() -> dict[str, dict[str, float]]:
    """{posts: {seconds: s, ms per post: ms}} for a population and twice and four times as many accounts."""
    with tempfile.TemporaryDirectory() as folder:
        return dict(_measure(Path(folder), accounts) for accounts in ACCOUNTS)


def _measure(folder: Path, accounts: int) -> tuple[str, dict[str, float]]:
    file = folder / f"{accounts}.csv.gz"
    population.write(file, seed=1, accounts=accounts, posts_max=100, until=UNTIL)
    histories = read_history_file(file)
    posts = sum(len(account.posts) for account in histories)
    until = max(counts.observed_at for account in histories for post in account.posts for counts in post.observations)
    started = time.perf_counter()
    train(histories, until=until)
    seconds = time.perf_counter() - started
    return f"{posts:,} posts", {"s": round(seconds, 1), "ms per post": round(1000 * seconds / posts, 2)}
