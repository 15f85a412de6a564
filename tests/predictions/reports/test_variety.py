"""How alike suggestions are across creators, and the alarm."""

import datetime

import pytest
import structlog
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from predictions.models import VarietyCheck
from predictions.reports.services import check_variety, watch_suggestions
from predictions.reports.variety import MIN_ACCOUNTS, ToldDraft, effective_number, variety_of
from tests.factories import SUGGESTION, PredictionFactory, enter_admin

NOON = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)


def draft(
    account: int, *, kind: int = 0, tags: tuple[str, ...] = (), adds: str = "", language: str = "en"
) -> ToldDraft:
    told = [{"feature": "duration", "action": "set_to", "value": f"{kind} s"}]
    if adds:
        told.append({"feature": "hashtags", "action": "add", "value": f"#{adds}"})
    return ToldDraft(account, language, NOON, tags, told)


def test_one_suggestion_for_everybody_raises_the_alarm():
    variety = variety_of([draft(account) for account in range(30)], seed=1)
    assert variety.varieties == {"en, 12:00 to 18:00 UTC": 1.0}
    assert len(variety.alarms) == 1
    assert "effectively 1.0 different" in variety.alarms[0]


def test_different_suggestions_raise_none():
    variety = variety_of([draft(account, kind=account % 8, tags=(f"t{account}",)) for account in range(64)], seed=1)
    assert variety.varieties == {"en, 12:00 to 18:00 UTC": pytest.approx(8.0)}
    assert variety.similarity == 0
    assert variety.alarms == []


def test_a_hashtag_that_is_added_everywhere_makes_accounts_alike():
    apart = [draft(i, kind=i, tags=(f"t{i}",)) for i in range(40)]
    alike = [draft(i, kind=i, tags=(f"t{i}",), adds="fyp") for i in range(40)]
    assert variety_of(apart, seed=1).similarity == 0
    variety = variety_of(alike, seed=1)
    assert variety.similarity == pytest.approx(1 / 3)
    assert "hashtags" in variety.alarms[0]


def test_an_account_with_many_drafts_counts_once():
    many = [draft(0, kind=0) for _ in range(500)]
    variety = variety_of([*many, *(draft(i, kind=i % 8) for i in range(1, 65))], seed=1)
    assert variety.varieties["en, 12:00 to 18:00 UTC"] == pytest.approx(8.0, abs=0.05)
    assert (variety.accounts, variety.suggestions) == (65, 564)


def test_languages_are_compared_apart():
    drafts = [draft(i, kind=i % 8 if i < 64 else 0, language="en" if i < 64 else "da") for i in range(96)]
    variety = variety_of(drafts, seed=1)
    assert variety.varieties["da, 12:00 to 18:00 UTC"] == 1.0
    assert variety.varieties["en, 12:00 to 18:00 UTC"] == pytest.approx(8.0)


def test_too_few_accounts_say_nothing():
    variety = variety_of([draft(i, tags=("t",)) for i in range(MIN_ACCOUNTS - 1)], seed=1)
    assert (variety.varieties, variety.similarity, variety.alarms) == ({}, None, [])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_the_effective_number_lies_between_one_and_all(shares):
    assert 1 - 1e-6 <= effective_number(shares) <= len(shares) + 1e-6


@pytest.mark.django_db
def test_staff_see_the_check_and_monitoring_the_alarm(settings, client):
    now = timezone.now()
    for _ in range(MIN_ACCOUNTS):
        PredictionFactory(suggestions=[SUGGESTION], publish_at=now)
    PredictionFactory(suggestions=None)
    with structlog.testing.capture_logs() as logs:
        check = check_variety(now=now)
    assert [each["event"] for each in logs] == ["suggestions_too_alike"]
    assert (check.accounts, check.similarity) == (MIN_ACCOUNTS, 1.0)
    assert len(check.alarms) == 2
    page = enter_admin(Client()).get("/admin/predictions/varietycheck/").content.decode()
    assert "effectively 1.0 different" in page
    settings.METRICS_TOKEN = "scrape"
    metrics = client.get("/metrics", headers={"Authorization": "Bearer scrape"}).content.decode()
    assert "postcast_suggestions_variety_alarms 2.0" in metrics
    assert "postcast_suggestions_hashtag_similarity 1.0" in metrics


@pytest.mark.django_db
def test_without_suggestions_there_is_no_alarm():
    watch_suggestions()
    assert VarietyCheck.objects.get().alarms == []
