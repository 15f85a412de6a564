"""Sizes of accounts, and the newest figures for one."""

from bisect import bisect_right

from config.databases import late_reads
from predictions.models import Benchmark

SIZES = (0, 1_000, 10_000, 100_000, 1_000_000)
"""The least number of followers of each size of account."""


def size_of(followers: int) -> int:
    """Return the size of an account with so many followers: the least number of followers of that size."""
    return SIZES[bisect_right(SIZES, followers) - 1]


def most_followers(size: int) -> int | None:
    """Return the most followers of accounts of the size; None for the largest."""
    larger = [other for other in SIZES if other > size]
    return larger[0] - 1 if larger else None


def benchmark_of(followers: int | None) -> Benchmark | None:
    """Return the newest figures for accounts of that size; None if too few accounts were there for any."""
    if followers is None:
        return None
    newest = Benchmark.objects.using(late_reads()).filter(least_followers=size_of(followers)).first()
    return newest if newest and newest.accounts is not None else None
