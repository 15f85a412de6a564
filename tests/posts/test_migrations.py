"""Migrations that move what is there, on rows as the code of before left them."""

import datetime
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from django.utils import timezone

from posts.models import Listing, Refresh
from tests.factories import TikTokAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, SINCE = "0005_trends", "0006_freshness"


@pytest.fixture
def migrate() -> Iterator[Callable[[str], StateApps]]:
    def to(name: str) -> StateApps:
        executor = MigrationExecutor(connection)
        return executor.migrate([("posts", name)]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_refreshes_keep_their_reason_and_read_histories_count_as_read(migrate: Callable[[str], StateApps]) -> None:
    now = timezone.now()
    read, unread, waiting = TikTokAccountFactory.create_batch(3)
    began, ended = now - datetime.timedelta(hours=2), now - datetime.timedelta(hours=1)
    Refresh.objects.create(account=read, state="done", started_at=began, finished_at=ended)
    Refresh.objects.create(account=unread, state="failed", finished_at=ended)
    Refresh.objects.create(account=waiting, next_attempt_at=now)
    for account in (read, unread):
        Listing.objects.create(account=account, listed_at=now)
    refreshes = migrate(BEFORE).get_model("posts", "Refresh").objects
    refreshes.filter(state="failed").update(error="TikTok could not be read after several attempts.")
    refreshes.filter(state="queued").update(state="running")

    since = migrate(SINCE)
    refreshes, listings = (since.get_model("posts", name).objects for name in ("Refresh", "Listing"))
    assert list(refreshes.order_by("pk").values_list("state", "reason")) == [
        ("done", ""),
        ("failed", "tiktok_unavailable"),
        ("waiting", "tiktok_unavailable"),
    ]
    assert dict(listings.values_list("account_id", "complete_until")) == {read.pk: began, unread.pk: None}
    assert dict(listings.values_list("account_id", "read_at")) == {read.pk: ended, unread.pk: None}
