"""`manage.py train_model`."""

import csv
import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from predictions.engine.data.history_file import COLUMNS
from predictions.models import ForgottenAccount, ModelVersion
from predictions.training.pseudonyms import pseudonym
from predictions.versions.artefacts import load
from tests.predictions.histories import DAY, synthetic_histories

pytestmark = pytest.mark.django_db

UNTIL = 1_760_000_000


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_history(path: Path, *, accounts: int, seed: int, until: int = UNTIL) -> Path:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for account in synthetic_histories(accounts, 20, until=until, seed=seed):
            for post in account.posts:
                for seen in post.observations:
                    writer.writerow(
                        [
                            *(f"{seed}-{account.account_id}", f"{seed}-{post.post_id}"),
                            *(moment(post.posted_at), moment(seen.observed_at), "a caption #tag", "tag"),
                            *(int(post.duration_s), "", int(account.followers)),
                            *map(int, (seen.likes, seen.comments, seen.shares, seen.views)),
                        ]
                    )
    return path


@pytest.mark.usefixtures("quick_training")
def test_versions_are_trained_registered_and_promoted(tmp_path, capsys):
    plain = write_history(tmp_path / "a.csv", accounts=2, seed=1)
    zipped = write_history(tmp_path / "b.csv.gz", accounts=16, seed=2)
    call_command("train_model", str(plain), str(zipped), "--promote")
    first = ModelVersion.objects.get()
    assert (first.name, first.role) == ("v1.0.0", ModelVersion.Role.CHAMPION)
    assert first.metrics["training_accounts"] == 18
    assert first.metrics["training_posts"] == 360
    assert first.manifest
    assert not load(first).is_prior
    printed = capsys.readouterr().out
    assert "v1.0.0" in printed
    assert "Too few" not in printed

    call_command("train_model", str(plain))
    assert "Too few" in capsys.readouterr().out
    second = ModelVersion.objects.get(name="v1.1.0")
    assert second.role == ModelVersion.Role.CHALLENGER
    call_command("train_model", str(plain), "--name", "v3.0.0", "--promote")
    roles = dict(ModelVersion.objects.values_list("name", "role"))
    assert roles == {"v1.0.0": "retired", "v1.1.0": "challenger", "v3.0.0": "champion"}


def test_accounts_of_several_files_are_learned_from_once(tmp_path):
    few = write_history(tmp_path / "a.csv", accounts=2, seed=1)
    more = write_history(tmp_path / "b.csv", accounts=3, seed=1)
    call_command("train_model", str(few), str(more))
    call_command("train_model", str(more))
    twice, once = ModelVersion.objects.order_by("id")
    assert twice.metrics["training_accounts"] == 3
    assert twice.metrics["training_posts"] == 60
    assert twice.manifest == once.manifest


def test_a_version_that_learned_from_who_left_is_not_promoted(tmp_path):
    file = write_history(tmp_path / "a.csv", accounts=2, seed=1)
    ForgottenAccount.objects.create(pseudonym=pseudonym("1-account-0"))
    with pytest.raises(CommandError, match="left since"):
        call_command("train_model", str(file), "--promote")
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"account_id,post_id\n1,2\n", "column"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x1f\x8b not gzip", "gzip"),
    ],
)
def test_a_bad_file_ends_with_a_clear_sentence(content, words, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    with pytest.raises(CommandError, match=r"bad\.csv") as caught:
        call_command("train_model", str(bad))
    assert words in str(caught.value)
    assert caught.value.returncode == 1
    assert not ModelVersion.objects.exists()


def test_a_missing_file_and_a_bad_name_are_refused(tmp_path):
    with pytest.raises(CommandError, match=r"none\.csv cannot be read"):
        call_command("train_model", str(tmp_path / "none.csv"))
    good = write_history(tmp_path / "a.csv", accounts=2, seed=1)
    with pytest.raises(CommandError, match=r"v1\.2\.3"):
        call_command("train_model", str(good), "--name", "best")


def test_a_file_of_the_future_is_refused(tmp_path):
    """A version that learned until then could not be compared with any before."""
    file = write_history(tmp_path / "a.csv", accounts=2, seed=1, until=int(time.time()) + 200 * DAY)
    with pytest.raises(CommandError, match="in the future"):
        call_command("train_model", str(file), "--promote")
    assert not ModelVersion.objects.exists()


def test_files_give_pseudonyms_too(tmp_path: Path):
    call_command("train_model", str(write_history(tmp_path / "a.csv", accounts=2, seed=1)))
    names = ModelVersion.objects.get().manifest["pseudonyms"]
    assert names == sorted(pseudonym(f"1-account-{number}") for number in range(2))
