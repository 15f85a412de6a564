"""Training from partitions of histories, by Dask workers: the same model as `train`, which holds them in memory.

Workers turn each file's accounts into pairs of counts and then, once the growth curve is fitted to all pairs, into
training rows. This process holds those arrays and fits the model to them. https://distributed.dask.org
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from predictions.engine.data.growth import AccountPairs, GrowthCurve, fit_growth_to, growth_pairs
from predictions.engine.data.partitions import Partitions
from predictions.engine.estimators.network import require_torch
from predictions.engine.features.rows import Rows
from predictions.engine.global_model import GlobalModel
from predictions.engine.threads import one_blas_thread
from predictions.engine.training import TrainingAccount, draw, labelled_rows, train_on_rows
from predictions.engine.types import AccountHistory

if TYPE_CHECKING:
    from distributed import Client

_IDLE = "10 minutes"
"""A scheduler without work ends after this: its training was killed."""

T = TypeVar("T")


@contextmanager
def any_workers(scheduler: str, workers: int) -> Iterator["Client"]:
    """Connect to a scheduler's address (tcp: or tls:), or start `workers` on this machine where it is empty."""
    from distributed import Client

    with Client(scheduler) if scheduler else local_workers(workers) as client:
        yield client


@contextmanager
def local_workers(workers: int) -> Iterator["Client"]:
    """Start as many workers on this machine, reachable from it alone, and end them afterwards."""
    from distributed import Client
    from distributed.deploy.subprocess import SubprocessCluster

    # processes by a command: those of `multiprocessing` cannot be children of Celery's
    cluster = SubprocessCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=None,
        worker_class="distributed.Worker",
        worker_kwargs={"dashboard": False, "death_timeout": 60},
        scheduler_kwargs={"dashboard": False, "idle_timeout": _IDLE},
    )
    with cluster, Client(cluster) as client:
        yield client


@one_blas_thread()
def train_on_partitions(
    histories: Iterable[AccountHistory],
    partitions: Partitions,
    workers: AbstractContextManager["Client"],
    *,
    until: int,
    seed: int = 0,
) -> GlobalModel:
    """Write the histories into partitions as they come, and learn from those as `train` does, to the bit.

    The accounts that `train` would draw are learned from. The workers are started once all is written, and ended before
    the fits. The caller deletes the partitions. Raises TrainingNeedsTorch.
    """
    require_torch()
    drawn = draw(partitions.write(histories), seed)
    accounts: dict[str, dict[str, int]] = {}
    for position, (name, account_id) in enumerate(drawn):
        accounts.setdefault(name, {})[account_id] = position
    with workers as client:
        learned = [one for part in _over_files(client, read_accounts, accounts, partitions, until) for one in part]
        learned.sort(key=lambda one: one[0])
        curve = fit_growth_to([pairs for *_, pairs in learned])
        facts = [fact for _, fact, _ in learned]
        del learned  # the pairs
        nobody = labelled_rows((), curve, until)
        rows = Rows.concatenate([nobody, *_over_files(client, read_rows, accounts, partitions, until, curve)])
    rows = rows[np.argsort(rows.account, kind="stable")]
    return train_on_rows(rows, facts, curve, seed=seed, until=until)


@one_blas_thread()
def read_accounts(
    name: str, own: Mapping[str, int], partitions: Partitions, until: int
) -> list[tuple[int, TrainingAccount, AccountPairs]]:
    """Return position, facts and pairs of counts of a file's accounts; `own` are their ids with their positions."""
    return [
        (own[account.account_id], TrainingAccount.of(account, until), growth_pairs(account, until))
        for account in partitions.read(name, own)
    ]


@one_blas_thread()
def read_rows(name: str, own: Mapping[str, int], partitions: Partitions, until: int, curve: GrowthCurve) -> Rows:
    """Return the training rows of a file's accounts; `own` are their ids with their positions."""
    return labelled_rows(((own[account.account_id], account) for account in partitions.read(name, own)), curve, until)


def _over_files(
    client: "Client", read: Callable[..., T], accounts: Mapping[str, Mapping[str, int]], *arguments: Any
) -> Iterator[T]:
    """Yield what workers read of each file, as they are done; what was yielded is dropped there."""
    from distributed import as_completed

    futures = [client.submit(read, name, own, *arguments, pure=False) for name, own in accounts.items()]
    for future, result in as_completed(futures, with_results=True):
        future.release()
        yield result
