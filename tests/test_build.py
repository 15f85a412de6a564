"""The commit of the running build (`config.build`)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import build


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read the commit in each test, outside of an image."""
    monkeypatch.delenv("BUILD_COMMIT", raising=False)
    build.build_commit.cache_clear()
    yield
    build.build_commit.cache_clear()


def test_an_image_names_the_commit_it_was_built_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_COMMIT", "0123abc")
    assert build.build_commit() == "0123abc"


def test_a_checkout_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()

    git("init")
    git("commit", "--allow-empty", "-m", "Begin")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    commit = git("rev-parse", "HEAD")
    assert build.build_commit() == commit
    git("commit", "--allow-empty", "-m", "Go on")
    assert build.build_commit() == commit


def test_a_copy_without_git_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert build.build_commit() == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    build.build_commit.cache_clear()
    assert build.build_commit() == "unknown"
