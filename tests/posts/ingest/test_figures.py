"""Figures of ingestion for monitoring."""

from posts.ingest.figures import tiktok
from posts.platforms.tiktok.limits import CALLS_PER_MINUTE, calls_left, wait_for_turn


def left(endpoint: str) -> float:
    [value] = [figure.value for figure in tiktok() if figure.labels["endpoint"] == endpoint]
    return value


def test_each_call_to_tiktok_leaves_one_less_for_its_endpoint() -> None:
    before, others = left("/v2/video/list/"), left("/v2/video/query/")
    assert before <= CALLS_PER_MINUTE.amount
    wait_for_turn("/v2/video/list/")
    assert left("/v2/video/list/") == calls_left("/v2/video/list/") == before - 1
    assert left("/v2/video/query/") == others
