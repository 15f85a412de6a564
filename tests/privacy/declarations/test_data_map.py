"""Every table and column is declared, and every row of a person is stamped."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.checks import CheckMessage
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import APIToken, TikTokAccount
from accounts.sign_in.room import begin
from config.build import build_commit
from config.celery import app as celery
from config.environment import Environment
from posts.ingest.storing import mark_deleted
from posts.models import Observation, Post
from posts.platforms.tiktok.limits import wait_for_turn
from predictions.learning.tasks import enqueue_weights_update
from predictions.replays.tasks import enqueue_replay
from privacy import checks
from privacy.consent import selectors as consent
from privacy.declarations.kinds import Files, RedisKeys, Subject, Table
from privacy.declarations.registry import declared, subject_of, table_of, tables
from privacy.export import services as exporting
from privacy.models import STAMPS, Consent, PersonalData
from privacy.purposes import YEAR, Basis, Purpose
from privacy.retention import services as retention
from telemetry.connections import redis_client
from telemetry.queues import queues
from tests.accounts.seats.factories import SeatFactory
from tests.accounts.telling.factories import DeliveryFactory, MailAddressFactory, NoticeFactory, PushSubscriptionFactory
from tests.factories import (
    AccountWeightsFactory,
    APITokenFactory,
    AssignmentFactory,
    FeedbackFactory,
    ForecastErrorFactory,
    IdempotentRequestFactory,
    ImportFactory,
    OutcomeFactory,
    PostFactory,
    RequestRecordFactory,
    SuggestionReportFactory,
    TikTokAccountFactory,
    UserFactory,
    agree,
    disagree,
    history_of_posts,
)
from tests.predictions.captions.factories import BrandWordsFactory, CaptionAppealFactory, CaptionStyleFactory
from tests.predictions.comments.factories import DraftCommentFactory
from tests.predictions.labels.factories import LabelVoteFactory
from tests.predictions.replays.factories import AccountReplayFactory
from tests.predictions.sharing.factories import SharedLinkFactory
from tests.privacy.consent.text_versions import release

pytestmark = pytest.mark.django_db

OURS = [model for model in apps.get_models() if issubclass(model, PersonalData)]


def everything_of_a_person() -> Any:
    """A person with a row in every table that the factories know."""
    outcome = OutcomeFactory()
    account = outcome.prediction.account
    FeedbackFactory(prediction=outcome.prediction)
    SuggestionReportFactory(prediction=outcome.prediction)
    AssignmentFactory(experiment__account=account)
    DraftCommentFactory(draft__account=account)
    SharedLinkFactory(prediction=outcome.prediction)
    BrandWordsFactory(account=account)
    CaptionStyleFactory(account=account)
    CaptionAppealFactory(account=account)
    agree(account.user, Purpose.COMPARING)
    LabelVoteFactory(pair__account=account)
    SeatFactory(account=account)
    ForecastErrorFactory(post=outcome.post)
    AccountWeightsFactory(account=account)
    AccountReplayFactory(account=account)
    APITokenFactory(user=account.user)
    MailAddressFactory(user=account.user)
    PushSubscriptionFactory(user=account.user)
    DeliveryFactory(webhook__user=account.user, notice=NoticeFactory(account=account))
    IdempotentRequestFactory(user=account.user)
    ImportFactory(account=account)
    history_of_posts(account, count=3, until=timezone.now())
    exporting.make(export_pk=exporting.request_export(user_id=account.user_id).pk)
    RequestRecordFactory(user_id=account.user_id)
    Client().force_login(account.user)
    return account.user


# --- declared --------------------------------------------------------------------------------------------------------


def test_nothing_undeclared() -> None:
    assert checks.everything_kept_is_declared() == []


def test_columns_of_our_tables_are_declared_at_their_models() -> None:
    apps_of_ours = {"accounts", "posts", "predictions", "privacy", "telemetry"}
    for table in (each for each in tables() if each.model.split(".")[0] in apps_of_ours):
        model = apps.get_model(table.model)
        if not model._meta.auto_created:
            assert table.columns.keys() == {str(field.column) for field in model._meta.concrete_fields}, table.model


def there_in_the_database() -> set[tuple[str, str]]:
    """Asked of PostgreSQL: a table or a column that a hand-written migration made would be seen too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            # a partition has the columns of its table
            " AND NOT (SELECT relispartition FROM pg_class WHERE oid = table_name::regclass)"
        )
        return set(cursor.fetchall())


def named_in_models() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, str(field.column))
        for model in checks.kept_models()
        for field in model._meta.concrete_fields
    }


def test_the_database_has_no_more_than_the_models_say() -> None:
    assert there_in_the_database() == named_in_models()


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
    ],
)
def test_a_gap_in_the_declarations_is_found(errors_with: Any, changes: dict[str, Any], error: str) -> None:
    assert error in {each.id for each in errors_with("posts.Observation", **changes)}


def test_a_personal_table_without_the_stamps_is_found(errors_with: Any) -> None:
    found = errors_with("accounts.WebhookDelivery", personal={"digest": "x"}, person="pk")
    assert "privacy.E007" in {each.id for each in found}


def undeclared_keys() -> list[str]:
    prefixes = tuple(each.prefix for each in declared() if isinstance(each, RedisKeys))
    keys = [key.decode() for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter()]
    assert keys
    return [key for key in keys if not key.startswith(prefixes)]


def use_everything_that_writes_to_redis(client: Client) -> None:
    """The API with and without a sign-in, tries to sign in, TikTok's limit, a message that waits, weights to learn."""
    account = TikTokAccountFactory()
    client.get("/api/v1/posts/")
    client.post("/admin/login/", {"username": "nobody", "password": "wrong"})
    begin("a code", "https://testserver/callback", None, state_id="a state")
    client.force_login(account.user)
    client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    enqueue_weights_update(account.pk)
    enqueue_replay(account.pk)
    wait_for_turn("video/list")
    with celery.connection_for_write() as connection:
        celery.send_task("privacy.retention.tasks.purge", connection=connection)


def test_every_key_in_redis_is_declared(client: Client) -> None:
    use_everything_that_writes_to_redis(client)
    assert undeclared_keys() == []


def test_a_key_that_nobody_declared_is_noticed() -> None:
    cache.set("a-new-idea", "of somebody")
    assert undeclared_keys() == ["cache:1:a-new-idea"]


def test_an_account_s_keys_are_found_by_its_declaration(client: Client) -> None:
    use_everything_that_writes_to_redis(client)
    [account] = TikTokAccount.objects.all()
    patterns = [
        pattern
        for each in declared()
        if isinstance(each, RedisKeys) and each.keys_of
        for pattern in each.keys_of(subject_of(account.user_id))
    ]
    connected = redis.Redis.from_url(settings.REDIS_URL)
    found = {key.decode() for pattern in patterns for key in connected.scan_iter(pattern)}
    person = account.user_id
    assert found == {
        *(f"limit:{limit}:person:{person}" for limit in ("user", "predict")),
        f"cache:1:weights-update:{account.pk}",
        f"cache:1:replay-update:{account.pk}",
    }


WRITTEN_TO = (
    *(name.upper() for name in Environment.model_fields if name.endswith("_path")),
    "PROMETHEUS_MULTIPROC_DIR",
    "TRAINING_PARTITIONS",
)
"""Variables that name what the service writes to besides its databases; uploads stay in memory."""


def undeclared_files() -> list[str]:
    return [name for name in WRITTEN_TO if name not in {each.where for each in declared() if isinstance(each, Files)}]


def test_every_folder_that_is_written_to_is_declared() -> None:
    assert undeclared_files() == []


def test_personal_declarations_say_how_they_are_exported_and_erased() -> None:
    outside = [each for each in declared() if isinstance(each, RedisKeys | Files) and each.personal]
    assert [each for each in outside if not (each.purposes and each.exported and each.erased)] == []


@pytest.mark.prove
def test_figure_of_what_is_undeclared(client: Client, record_property: Any) -> None:
    use_everything_that_writes_to_redis(client)
    errors = [error.msg for error in checks.everything_kept_is_declared()]
    undeclared = [*errors, *(there_in_the_database() - named_in_models()), *undeclared_keys(), *undeclared_files()]
    record_property("tables", len(tables()))
    record_property("columns", len(named_in_models()))
    record_property("undeclared fields", len(undeclared))
    assert undeclared == []


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
            assert row.source == table_of(model).source
            assert row.provenance
            assert row.transformation == build_commit()[:16]
            assert row.retain_until > timezone.now()
            if isinstance(row, Consent):
                assert row.consent_version == f"{row.purpose}:{row.version}"
            elif table_of(model).basis == Basis.CONSENT:
                assert row.consent_version == f"{table_of(model).purposes[0]}:{text_agreed_to(model)}", model
            else:
                assert row.consent_version == table_of(model).basis, model


def text_agreed_to(model: type[PersonalData]) -> int:
    return consent.current_version(table_of(model).purposes[0])


def rests_on(row: PersonalData) -> str:
    return str(type(row)._base_manager.values_list("consent_version", flat=True).get(pk=row.pk))


def test_nothing_claims_a_consent_that_was_not_given_or_has_ended() -> None:
    account = TikTokAccountFactory(user__consents=())
    [token] = APITokenFactory.create_batch(1, user=account.user)
    assert {rests_on(row) for row in (account, account.user, token)} == {"service:none"}
    agree(account.user, Purpose.SERVICE)
    assert {rests_on(row) for row in (account, account.user, token)} == {"service:1"}
    disagree(account.user, Purpose.SERVICE)
    account.save()
    APIToken.objects.update(last_used_at=timezone.now())
    assert {rests_on(row) for row in (account, token)} == {"service:none"}
    assert rests_on(account.user) == "service:1"


def test_a_text_that_the_person_has_not_read_is_not_what_a_row_rests_on(own_texts: None) -> None:
    user = UserFactory()
    release(Purpose.SERVICE)
    user.save(update_fields=["last_login"])
    assert rests_on(user) == "service:1"
    agree(user, Purpose.SERVICE)
    user.save(update_fields=["last_login"])
    assert rests_on(user) == "service:2"


def test_a_row_rests_on_the_consent_of_its_own_person_alone() -> None:
    mine, theirs = PostFactory(), PostFactory()
    disagree(mine.account.user, Purpose.SERVICE)
    rows = [Observation(post=post, observed_at=timezone.now()) for post in (mine, theirs)]
    Observation.objects.bulk_create(rows)
    assert [rests_on(row) for row in rows] == ["service:none", "service:1"]
    Post.objects.update(last_seen_at=timezone.now())
    assert [rests_on(row) for row in (mine, theirs)] == ["service:none", "service:1"]


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
    Post._base_manager.update(transformation="before", retain_until=timezone.now())
    post.save(update_fields=["duration_s"])
    post.refresh_from_db()
    assert post.transformation != "before"
    Observation.objects.bulk_create([Observation(post=post, observed_at=timezone.now(), likes=1)])
    assert Observation.objects.latest("pk").consent_version == "service:1"


def test_rows_that_are_changed_unread_are_stamped_like_those_that_are_saved() -> None:
    post = PostFactory()
    long_ago = timezone.now() - timedelta(days=400)
    before = dict.fromkeys(STAMPS, "before") | {"retain_until": long_ago}
    Post._base_manager.update(**before)
    mark_deleted([post], timezone.now())
    post.refresh_from_db()
    assert [name for name, value in before.items() if getattr(post, name) == value] == []
    consents = Consent.objects.filter(user=post.account.user)
    said = set(consents.values_list("consent_version", flat=True))
    consents.update(given_at=long_ago)
    assert set(consents.values_list("consent_version", flat=True)) == said


def test_a_row_names_the_request_that_wrote_it(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    client.post("/predict", {"post": {"text": "Sunset"}}, content_type="application/json")
    assert account.predictions.get().provenance.startswith("request:")


def test_signing_in_keeps_everything_for_longer_once_a_month() -> None:
    user, stranger = everything_of_a_person(), everything_of_a_person()
    old = timezone.now() + YEAR - timedelta(days=1)
    ends_earlier = {
        *("predictions.ForecastError", "privacy.DataExport", "privacy.ExportPart", "telemetry.IdempotentRequest"),
        *("posts.Import", "posts.ImportPart", "posts.ImportRow", "accounts.Notice", "accounts.Delivery"),
    }
    kept = [model for model in OURS if model._meta.label not in ends_earlier]
    for model in OURS:
        model._base_manager.update(retain_until=old)
    moved = retention.extend(user_id=user.pk)
    assert moved == sum(table_of(model).rows_of(subject_of(user.pk)).count() for model in kept)
    assert retention.extend(user_id=user.pk) == 0
    for model in kept:
        rows = table_of(model).rows_of(subject_of(user.pk))
        assert not rows.filter(retain_until__lte=timezone.now() + YEAR).exists(), model
    assert set(Post.objects.filter(account__user=stranger).values_list("retain_until", flat=True)) == {old}


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_sends_that_work(client: Client) -> None:
    client.force_login(TikTokAccountFactory().user)
    with redis_client() as waiting:
        assert [queue.length for queue in queues(waiting) if queue.name == "privacy"] == [1]


# --- shown -----------------------------------------------------------------------------------------------------------


def test_the_privacy_page_names_every_category_of_personal_data(client: Client) -> None:
    page = client.get("/privacy/").content.decode()
    for table in tables():
        if table.personal and not table.of_staff:
            assert table.category.replace("'", "&#x27;") in page, table.model


def test_personal_columns_say_what_they_mean() -> None:
    for table in (each for each in declared() if isinstance(each, Table)):
        assert all(table.personal.values()), table.model


def test_purposes_are_those_that_people_are_asked_for() -> None:
    assert all(isinstance(purpose, Purpose) for table in tables() for purpose in table.purposes)


def test_only_keys_that_erasure_finds_are_said_to_be_deleted() -> None:
    for keys in (each for each in declared() if isinstance(each, RedisKeys)):
        assert (keys.erased == "deleted") == (keys.keys_of is not None), keys.prefix
