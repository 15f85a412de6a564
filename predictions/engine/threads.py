"""Threads of the numerical libraries."""

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits


def one_blas_thread() -> AbstractContextManager[object]:
    """Matrix products of this size only lose by threads that wait for each other; and one thread sums in one order,
    whatever the machine. Serving processes set OPENBLAS_NUM_THREADS=1 for good: entering this costs a millisecond."""
    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits
