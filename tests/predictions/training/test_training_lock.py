"""One training at a time, and a killed one blocks no other."""

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from predictions.benchmarks import tasks as benchmarks_tasks
from predictions.models import ModelVersion
from predictions.training import services as lifecycle
from predictions.training import tasks as training_tasks
from predictions.training.services import AlreadyTraining, NothingToLearn, retrain
from tests.predictions.processes import start_process
from tests.predictions.training.support import NOW, few_accounts
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_one_training_at_a_time(monkeypatch):
    few_accounts()
    training, go_on = threading.Event(), threading.Event()

    def slow_training(as_of):
        training.set()
        assert go_on.wait(20)
        raise RuntimeError("killed")

    def work():
        with pytest.raises(RuntimeError):
            retrain(by="a test", reason="")
        connection.close()

    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "_train", slow_training)
        worker = threading.Thread(target=work)
        worker.start()
        assert training.wait(20)
        with pytest.raises(AlreadyTraining):
            retrain(by="a test", reason="")
        with pytest.raises(CommandError, match="being trained"):
            call_command("retrain_model")
        training_tasks.retrain_model()
        go_on.set()
        worker.join(20)
    assert not ModelVersion.objects.exists()
    # and one that ended badly keeps no other from it
    assert retrain(by="a test", reason="", now=NOW).version


TRAINING = """
import sys, django
django.setup()
from predictions.training.services import training_lock
with training_lock():
    print("training", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.django_db(transaction=True)
def test_a_training_that_was_killed_keeps_no_other_from_it():
    process = start_process(TRAINING)
    assert process.stdout
    assert process.stdout.readline() == "training\n"
    with pytest.raises(AlreadyTraining):
        retrain(by="a test", reason="")
    process.kill()
    process.communicate()

    def lock_is_free() -> bool:
        try:
            retrain(by="a test", reason="")
        except NothingToLearn:
            return True
        except AlreadyTraining:
            return False
        raise AssertionError("there was something to learn")

    wait_until(lock_is_free, "the lock of the dead is released")


DOOMED_TRAININGS = """
import os, django
django.setup()
from predictions.benchmarks import services as benchmarks
from predictions.training import services as training
def begin(reason="a release", **by):
    with open("{begun}", "a") as file:
        print(reason, file=file)
    if reason != "a small one":
        os.kill(os.getpid(), 9)
training.retrain = benchmarks.release_benchmarks = begin
from config.celery import app
app.worker_main(["worker", "--concurrency", "1", "--loglevel", "critical"])
"""


@pytest.mark.django_db(transaction=True)
def test_a_training_that_the_system_kills_is_not_delivered_again(tmp_path):
    """A worker with one process takes the next message only when it is done with the one before."""
    begun = tmp_path / "begun"
    begun.touch()
    training_tasks.retrain_model.delay(reason="too large a one")
    benchmarks_tasks.release_benchmarks.delay()
    training_tasks.retrain_model.delay(reason="a small one")
    worker = start_process(DOOMED_TRAININGS.format(begun=begun))
    try:
        wait_until(lambda: len(begun.read_text().splitlines()) == 3, "all three are begun", patience_s=90)
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
    assert begun.read_text().splitlines() == ["too large a one", "a release", "a small one"]
