"""A training from partitions, as TRAINING_PARTITIONS asks for, gives the model of one in memory."""

from pathlib import Path
from typing import Any

import dask
import pytest

from predictions.engine.data.partitions import Partitions
from predictions.training import services
from tests.predictions.training.support import NOW

pytestmark = pytest.mark.django_db


def test_a_training_from_partitions_gives_the_same_model(accounts, settings, tmp_path: Path):
    settings.TRAINING_PARTITIONS = str(tmp_path)
    from_partitions = services._train(NOW - services.SLICE)
    assert list(tmp_path.iterdir()) == []
    settings.TRAINING_PARTITIONS = ""
    assert from_partitions.manifest["rows"] > 0
    assert from_partitions.to_bytes() == services._train(NOW - services.SLICE).to_bytes()


def test_a_training_that_fails_leaves_no_partitions(accounts, settings, tmp_path: Path, monkeypatch):
    settings.TRAINING_PARTITIONS = str(tmp_path)
    # nobody listens at that port
    settings.TRAINING_SCHEDULER = "tcp://127.0.0.1:9"
    written: list[str] = []
    write_file = Partitions._write_file

    def noting(files: Partitions, name: str, rows: list[dict[str, Any]]) -> None:
        written.append(name)
        write_file(files, name, rows)

    monkeypatch.setattr(Partitions, "_write_file", noting)
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), pytest.raises(OSError, match="9"):
        services._train(NOW - services.SLICE)
    assert written
    assert list(tmp_path.iterdir()) == []
