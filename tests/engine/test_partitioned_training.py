"""Training from Parquet partitions by two Dask workers gives the bytes that training in memory gives."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posts.content.pictures import CoverMeasures
from predictions.engine import AccountHistory, Counts, train
from predictions.engine.data import partitions as partitions_module
from predictions.engine.data.partitions import Partitions
from predictions.engine.partitioned_training import local_workers, train_on_partitions
from tests.engine.synthetic import DAY, account, end_of, post

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

COVER = CoverMeasures(
    brightness=0.5, contrast=0.1, saturation=0.2, colourfulness=0.3, sharpness=4.0, faces=2,
    embedding=np.arange(128, dtype=np.int8), network="n1",
)  # fmt: skip
AGES = (3_600, 6 * 3_600, DAY, 9 * DAY)
HISTORIES = [
    replace(
        account(f"account{i}", 14, seed=1, level=3.0 + i % 9 * 0.7, favourite=i % 5, observed=AGES),
        zone="Europe/Berlin" if i % 3 else "",
        follower_counts=((1_700_000_000, 900.0), (1_700_100_000, 1_000.0 + i)) if i % 2 else (),
    )
    for i in range(24)
]
UNTIL = max(map(end_of, HISTORIES))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with local_workers(2) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions_module, "PARTITION_POSTS", 60)


@pytest.mark.usefixtures("small_files")
def test_two_workers_give_the_model_of_memory_to_the_byte(client: Any, tmp_path: Path, quick_training: None):
    partitions = Partitions(str(tmp_path))
    # another order, as rows of a database may come in any
    model = train_on_partitions(iter(HISTORIES[::-1]), partitions, nullcontext(client), until=UNTIL)
    assert len(list((tmp_path / partitions.folder).iterdir())) == 5
    in_memory = train(HISTORIES, until=UNTIL)
    assert not in_memory.is_prior
    assert model.to_bytes() == in_memory.to_bytes()
    assert model.manifest["rows"] > 200
    partitions.delete()
    assert list(tmp_path.iterdir()) == []


def test_without_accounts_the_model_is_the_prior(client: Any, tmp_path: Path):
    model = train_on_partitions([], Partitions(str(tmp_path)), nullcontext(client), until=UNTIL)
    assert model.is_prior
    assert model.to_bytes() == train([], until=UNTIL).to_bytes()


def embedding_of(cover: CoverMeasures) -> list[int]:
    assert cover.embedding is not None
    return list(cover.embedding.tolist())


counts = st.floats(0, 1e9) | st.just(float("nan"))


@settings(deadline=None, max_examples=40)
@given(
    followers=counts,
    zone=st.sampled_from(["", "Asia/Tokyo"]),
    follower_counts=st.lists(st.tuples(st.integers(0, 2**40), counts), max_size=3).map(tuple),
    posts=st.lists(st.tuples(st.integers(0, 2**40), counts, st.booleans()), max_size=4),
)
def test_what_is_read_is_what_was_written(tmp_path_factory, followers, zone, follower_counts, posts):
    made = tuple(
        replace(
            post(f"{i:08}", at, 100.0, i % 5),
            duration_s=duration,
            cover=COVER if covered else None,
            observations=(Counts(at + DAY, 100.0, duration, 3.0, 4.5, coarseness=0.042),) * (i % 3),
        )
        for i, (at, duration, covered) in enumerate(sorted(posts, key=lambda p: p[0]))
    )
    history = AccountHistory("a", followers, made, follower_counts, zone)
    partitions = Partitions(str(tmp_path_factory.mktemp("partitions")))
    ((_, size, (name, account_id)),) = partitions.write([history])
    assert size == len(posts)
    assert list(partitions.read(name, {"b"})) == []
    (read,) = partitions.read(name, {account_id})
    # by their text, as NaN does not equal itself
    assert str(astuple(read)) == str(astuple(history))
    # which the text of an array cuts short
    assert all(embedding_of(p.cover) == embedding_of(COVER) for p in read.posts if p.cover)


def test_files_name_no_post_and_cannot_be_read_without_the_key(tmp_path: Path):
    partitions = Partitions(str(tmp_path))
    list(partitions.write([replace(HISTORIES[0], account_id="a-pseudonym")]))
    (file,) = (tmp_path / partitions.folder).iterdir()
    assert b"photography" not in file.read_bytes()
    assert b"a-pseudonym" not in file.read_bytes()
    (read,) = partitions.read(file.name, {"a-pseudonym"})
    assert {p.post_id for p in read.posts}.isdisjoint(p.post_id for p in HISTORIES[0].posts)
    assert repr(partitions.key) not in repr(partitions)
    with pytest.raises(OSError, match=r"(?i)decrypt"):
        list(replace(partitions, key=bytes(32)).read(file.name, {"a-pseudonym"}))
