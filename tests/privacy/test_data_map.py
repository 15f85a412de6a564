"""Whatever is kept is declared, and every row of a person's data says what it rests on."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import TikTokAccount
from posts.models import Observation, Post, PostContent
from privacy import checks, exporting, retention
from privacy.consent import current_version
from privacy.declarations import RedisKeys, Subject, Table, declared, subject_of, table_of, tables
from privacy.models import STAMPS, PersonalData
from privacy.purposes import YEAR, Purpose
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    FeedbackFactory,
    MissFactory,
    OutcomeFactory,
    TikTokAccountFactory,
    agree,
    history_of_posts,
)

pytestmark = pytest.mark.django_db

OURS = [model for model in apps.get_models() if issubclass(model, PersonalData)]


def everything_of_a_person() -> Any:
    """A person with a row in every table that the factories know."""
    outcome = OutcomeFactory()
    account = outcome.prediction.account
    FeedbackFactory(prediction=outcome.prediction)
    MissFactory(post=outcome.post)
    AccountWeightsFactory(account=account)
    APITokenFactory(user=account.user)
    history_of_posts(account, count=3, until=timezone.now())
    exporting.make(export_pk=exporting.request_export(user_id=account.user_id).pk)
    return account.user


# --- declared --------------------------------------------------------------------------------------------------------


def test_nothing_undeclared() -> None:
    assert checks.everything_kept_is_declared() == []


def test_the_database_has_no_more_than_the_models_say() -> None:
    """Asked of PostgreSQL: a table or a column that a hand-written migration made would be seen too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        there = set(cursor.fetchall())
    named = {
        (model._meta.db_table, field.column) for model in checks.kept_models() for field in model._meta.concrete_fields
    }
    assert there == named


@pytest.fixture
def errors_with(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The errors when one declaration is another."""

    def check(label: str, **changes: Any) -> list[CheckMessage]:
        from dataclasses import replace

        others = [table for table in tables() if table.model != label]
        changed = [] if changes.pop("absent", False) else [replace(table_of(apps.get_model(label)), **changes)]
        monkeypatch.setattr(checks, "tables", lambda: (*others, *changed))
        return checks.everything_kept_is_declared()

    return check


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"absent": True}, "privacy.E001"),
        ({"model": "posts.Nothing"}, "privacy.E002"),
        ({"plain": {}}, "privacy.E003"),
        ({"plain": {"id": "key", "nothing": "at all"}}, "privacy.E004"),
        ({"plain": {"id": "key", "likes": "again"}}, "privacy.E005"),
        ({"person": None}, "privacy.E006"),
        ({"made_by": ()}, "privacy.E009"),
    ],
)
def test_a_gap_in_the_declarations_is_found(errors_with: Any, changes: dict[str, Any], error: str) -> None:
    assert error in {each.id for each in errors_with("posts.Observation", **changes)}


def test_a_personal_table_without_the_stamps_is_found(errors_with: Any) -> None:
    found = errors_with("accounts.WebhookDelivery", personal={"digest": "x"}, person="pk")
    assert "privacy.E007" in {each.id for each in found}


def test_every_key_in_redis_is_declared(client: Client) -> None:
    user = everything_of_a_person()
    client.force_login(user)
    client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    client.get("/api/v1/posts/")
    agree(user, Purpose.DRAFTS)
    keys = {key.decode() for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter()}
    prefixes = tuple(each.prefix for each in declared() if isinstance(each, RedisKeys))
    assert keys
    assert [key for key in keys if not key.startswith(prefixes)] == []


# --- whose -----------------------------------------------------------------------------------------------------------


def test_rows_are_found_by_person_and_by_account() -> None:
    user, stranger = everything_of_a_person(), everything_of_a_person()
    subject = subject_of(user.pk)
    other_account: TikTokAccount = TikTokAccountFactory(user=user)
    for table in tables():
        if not table.personal or not issubclass(apps.get_model(table.model), PersonalData):
            continue
        mine, theirs = set(table.rows_of(subject)), set(table.rows_of(subject_of(stranger.pk)))
        if table.model in ("accounts.Credential", "posts.Refresh", "posts.Listing"):
            continue
        assert mine, table.model
        assert not mine & theirs, table.model
    assert other_account not in table_of(type(other_account)).rows_of(subject)
    only_an_account = Subject(user.pk, subject.account_ids, whole=False)
    assert not table_of(type(user)).rows_of(only_an_account).exists()


# --- stamped ---------------------------------------------------------------------------------------------------------


def test_every_row_says_what_it_rests_on() -> None:
    everything_of_a_person()
    for model in OURS:
        for row in model._base_manager.all():
            purpose = table_of(model).purposes[0]
            assert row.consent_version == f"{purpose}:{current_version(purpose)}", model
            assert row.source == table_of(model).source
            assert row.provenance
            assert len(row.transformation) == 16
            assert row.retain_until > timezone.now()


def test_the_database_takes_no_row_without_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND is_nullable = 'NO' AND column_name = ANY(%s)",
            [list(STAMPS)],
        )
        required = set(cursor.fetchall())
    assert required >= {(model._meta.db_table, column) for model in OURS for column in STAMPS}


def test_rows_written_in_bulk_and_in_part_are_stamped_too() -> None:
    post = Post.objects.get(pk=everything_of_a_person().tiktok_accounts.get().posts.first().pk)
    Post.objects.update(transformation="before", retain_until=timezone.now())
    post.save(update_fields=["duration_s"])
    post.refresh_from_db()
    assert post.transformation != "before"
    Observation.objects.bulk_create([Observation(post=post, observed_at=timezone.now(), likes=1)])
    assert Observation.objects.latest("pk").consent_version == "service:1"


def test_a_row_names_the_request_that_wrote_it(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    assert account.predictions.get().provenance.startswith("request:")


def test_signing_in_keeps_everything_for_longer_once_a_month() -> None:
    user, stranger = everything_of_a_person(), everything_of_a_person()
    old = timezone.now() + YEAR - timedelta(days=40)
    for model in (Post, PostContent, Observation):
        model._base_manager.update(retain_until=old)
    moved = retention.extend(user_id=user.pk)
    assert moved == sum(
        table_of(model).rows_of(subject_of(user.pk)).count() for model in (Post, PostContent, Observation)
    )
    assert retention.extend(user_id=user.pk) == 0
    assert set(Post.objects.filter(account__user=stranger).values_list("retain_until", flat=True)) == {old}


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_sends_that_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr("privacy.receivers.extend_retention.delay", sent.append)
    user = TikTokAccountFactory().user
    client.force_login(user)
    assert sent == [user.pk]


# --- shown -----------------------------------------------------------------------------------------------------------


def test_the_privacy_page_names_every_category_of_personal_data(client: Client) -> None:
    page = client.get("/privacy/").content.decode()
    for table in tables():
        if table.personal and not table.of_staff:
            assert table.category.replace("'", "&#x27;") in page, table.model


def test_whatever_is_personal_says_what_it_means() -> None:
    for table in (each for each in declared() if isinstance(each, Table)):
        assert all(table.personal.values()), table.model


def test_purposes_are_those_that_people_are_asked_for() -> None:
    assert all(isinstance(purpose, Purpose) for table in tables() for purpose in table.purposes)


def test_only_keys_that_erasure_finds_are_said_to_be_deleted() -> None:
    for keys in (each for each in declared() if isinstance(each, RedisKeys)):
        assert (keys.erased == "deleted") == (keys.keys_of is not None), keys.prefix
