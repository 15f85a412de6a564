"""A token that a process remembers is refused as promptly as one that it reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import APIToken, User
from accounts.tokens.memory import MEMORY, TokenMemory
from accounts.tokens.services import api_token_digest, create_api_token, revoke_api_token
from config.rate_limits import remembered
from config.rate_limits.shared import run_shared
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> tuple[APIToken, str]:
    return create_api_token(user=UserFactory(), name="a program")


def ask(plain: str) -> int:
    return APIClient().get("/api/v1/me", headers={"Authorization": f"Bearer {plain}"}).status_code


def queries_of(plain: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert ask(plain) == 200
    return len(captured)


def deactivate(user: User) -> None:
    user.is_active = False
    user.save()


ENDS: dict[str, Callable[[APIToken], Any]] = {
    "revoked": lambda token: revoke_api_token(token=token, now=timezone.now()),
    "deleted by staff": lambda token: token.delete(),
    "person deactivated": lambda token: deactivate(token.user),
    "person deleted": lambda token: token.user.delete(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_ends_a_token_ends_it_at_once_in_processes_that_remember_it(
    end: Callable[[APIToken], Any], token: tuple[APIToken, str]
) -> None:
    """Ending it leaves the memory of this process as it is: it stands for that of every other."""
    row, plain = token
    assert ask(plain) == 200
    assert MEMORY.find(row.digest, timezone.now())
    end(row)
    assert MEMORY.find(api_token_digest(plain), timezone.now())
    assert ask(plain) == 401


def test_a_remembered_token_costs_no_query(token: tuple[APIToken, str]) -> None:
    _, plain = token
    # the second notes its use no more
    first, second = queries_of(plain), queries_of(plain)
    assert second == first - 2


def test_a_change_of_somebody_else_leaves_it_remembered(token: tuple[APIToken, str]) -> None:
    _, plain = token
    ask(plain)
    before = queries_of(plain)
    deactivate(UserFactory())
    assert queries_of(plain) == before


def test_a_marked_person_whose_token_still_holds_is_served(token: tuple[APIToken, str]) -> None:
    row, plain = token
    ask(plain)
    remembered.end_what_is_remembered(row.user_id)
    assert [ask(plain), ask(plain)] == [200, 200]


def test_a_mark_outlives_all_that_was_read_before_it(token: tuple[APIToken, str]) -> None:
    row, _ = token
    remembered.end_what_is_remembered(row.user_id)
    left = run_shared("return redis.call('TTL', KEYS[1])", [remembered.mark_of(row.user_id)], [])
    assert left > remembered.KEPT_S


@pytest.mark.usefixtures("no_redis")
def test_without_redis_postgresql_is_asked(token: tuple[APIToken, str]) -> None:
    row, plain = token
    assert ask(plain) == 200
    APIToken.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
    assert MEMORY.find(row.digest, timezone.now())
    assert ask(plain) == 401


def test_a_remembered_token_expires(token: tuple[APIToken, str]) -> None:
    row, plain = token
    assert ask(plain) == 200
    assert row.expires_at
    assert MEMORY.find(row.digest, row.expires_at - timedelta(seconds=1))
    assert MEMORY.find(row.digest, row.expires_at) is None


def test_its_use_is_noted_once_a_minute(token: tuple[APIToken, str]) -> None:
    row, plain = token
    ask(plain)
    row.refresh_from_db()
    noted = row.last_used_at
    assert noted
    ask(plain)
    row.refresh_from_db()
    assert row.last_used_at == noted
    known = MEMORY.find(row.digest, timezone.now())
    assert known
    known.last_used_at = noted - timedelta(minutes=2)
    ask(plain)
    row.refresh_from_db()
    assert row.last_used_at
    assert row.last_used_at > noted


@given(digests=st.lists(st.sampled_from("abcdefgh"), max_size=30), most=st.integers(1, 5))
def test_the_memory_keeps_the_tokens_that_were_used_last(digests: list[str], most: int) -> None:
    memory = TokenMemory(most)
    for digest in digests:
        memory.keep(APIToken(digest=digest))
    last = list(dict.fromkeys(reversed(digests)))[:most]
    assert len(memory) == len(last)
    assert all(memory.find(digest, timezone.now()) for digest in last)
