"""What people read in their trail: sentences, by day and by who, repeated ones counted."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from privacy.models import AccessEvent
from privacy.trail import services
from privacy.trail.selectors import pseudonym_of
from privacy.trail.sentences import DONE
from privacy.trail.views import DAYS_PER_PAGE
from tests.factories import PredictionFactory, StaffFactory, TikTokAccountFactory, enter_admin

pytestmark = pytest.mark.django_db


def test_staff_who_looked_three_times_are_one_line() -> None:
    person: User = TikTokAccountFactory(time_zone="Asia/Tokyo").user
    prediction = PredictionFactory(account=person.tiktok_accounts.get())
    staff = enter_admin(Client(), StaffFactory())
    for _ in range(3):
        staff.get(f"/admin/predictions/prediction/{prediction.pk}/change/")
    services.record(action=AccessEvent.Action.CHANGE, subjects=[person.pk], what="counts of posts, from TikTok")
    own = Client()
    own.force_login(person)
    page = re.sub(r"\s+", " ", own.get("/your-data/access/").content.decode())
    assert "<h3><bdi>Staff of Postcast</bdi></h3>" in page
    assert "opened: your forecasts, 3 times" in page
    assert page.count("“<bdi>ticket 4711, a forecast is off</bdi>”") == 1
    assert "read the counts of your posts from TikTok" in page
    assert "UTC" not in page


def test_a_long_trail_has_pages(client: Client) -> None:
    person: User = TikTokAccountFactory().user
    pseudonym = pseudonym_of(person.pk) or ""
    with connection.cursor() as cursor:
        # the database itself gives events their moment
        cursor.execute("SET LOCAL session_replication_role = replica")
        AccessEvent.objects.bulk_create(
            AccessEvent(
                at=timezone.now() - timedelta(days=day), actor_kind="task", action="change", subject=pseudonym,
                what="keys to the account, renewed", through="task",
            )
            for day in range(1, DAYS_PER_PAGE + 2)
        )  # fmt: skip
        cursor.execute("SET LOCAL session_replication_role = origin")
    client.force_login(person)
    first = client.get("/your-data/access/").content.decode()
    # today has what their sign-up wrote
    assert first.count("renewed the keys") == DAYS_PER_PAGE - 1
    assert client.get("/your-data/access/?page=2").content.decode().count("renewed the keys") == 2


def test_every_sentence_is_of_something_that_is_recorded() -> None:
    """The subjects are written where they are recorded: one that was changed there has lost its sentence."""
    sources = "".join(
        file.read_text()
        for app in ("accounts", "posts", "predictions", "privacy")
        for file in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if file.name != "sentences.py"
    )
    assert [what for what in DONE if f'"{what}"' not in sources] == []
