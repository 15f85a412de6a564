"""Fixtures of the tests of privacy."""

from pathlib import Path
from typing import Any

import pytest

from accounts.tiktok import client as tiktok_client
from privacy import texts
from tests.privacy.consent.text_versions import copy_texts


@pytest.fixture
def silent_tiktok(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """TikTok takes every revocation; which tokens it was told."""
    told: list[str] = []
    monkeypatch.setattr(tiktok_client, "revoke", lambda *, access_token: told.append(access_token))
    return told


@pytest.fixture
def own_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Texts to which versions can be added."""
    monkeypatch.setattr(texts, "FOLDER", copy_texts(tmp_path / "texts"))
    texts.current_text.cache_clear()
    texts.read_text.cache_clear()
    yield
    texts.current_text.cache_clear()
    texts.read_text.cache_clear()
