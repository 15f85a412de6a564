"""Threads of the numerical libraries."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Matrix products of this size only lose by threads that wait for each other; and one thread sums in one order,
    whatever the machine. Serving processes set OPENBLAS_NUM_THREADS=1 for good: entering this costs a millisecond."""
    with threadpool_limits(1, "blas"):
        yield
