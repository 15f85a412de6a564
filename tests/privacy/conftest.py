"""What the tests of privacy share."""

import pytest

from accounts.tiktok import client as tiktok_client


@pytest.fixture
def silent_tiktok(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """TikTok takes every revocation; which tokens it was told."""
    told: list[str] = []
    monkeypatch.setattr(tiktok_client, "revoke", lambda *, access_token: told.append(access_token))
    return told
