"""Export: a person's whole data, nobody else's, sealed where it lies, and gone when it expires."""

import csv
import io
import json
import math
import time
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from posts.models import Observation, Post, PostContent
from predictions.learning import services
from predictions.models import Outcome, Prediction
from privacy.declarations.kinds import Files, RedisKeys
from privacy.declarations.registry import declared, subject_of, tables
from privacy.erasure import services as erasing
from privacy.export import archive as export_archive
from privacy.export import parts
from privacy.export import selectors as export_selectors
from privacy.export import services as exporting
from privacy.export.columns import TRAIL_FILE, meanings_of
from privacy.models import DataExport, Erasure, ExportPart, Through
from privacy.trail import selectors as trail
from tests.factories import (
    OutcomeFactory,
    PostContentFactory,
    PostFactory,
    PredictionFactory,
    TikTokAccountFactory,
    UserFactory,
    history_of_posts,
)
from tests.privacy.erasure.erasures import everything
from tests.prove import scaled

pytestmark = pytest.mark.django_db

EXPORTED = [table for table in tables() if table.personal and not table.of_staff]
MOVING = ("privacy.ExportPart", "privacy.DataExport", "accounts.SignIn", "sessions.Session", "accounts.Notice")
"""Tables to which rows are added while a copy is made and fetched."""


def exported(user: User) -> zipfile.ZipFile:
    """The archive as the person gets it."""
    export = exporting.request_export(user_id=user.pk)
    assert exporting.make(export_pk=export.pk)
    client = Client()
    client.force_login(user)
    answer = client.get(f"/your-data/export/{export.public_id}/archive.zip")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == int(answer["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(content))


def rows_in(archive: zipfile.ZipFile, name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(archive.read(f"{name}.json"))
    return found


def test_every_personal_column_of_every_table_is_in_it() -> None:
    user = everything("zyzzyva")
    archive = exported(user)
    assert archive.testzip() is None
    subject = subject_of(user.pk)
    columns = 0
    for table in EXPORTED:
        rows = rows_in(archive, table.model.lower())
        # parts are written while they are listed, and who fetches the copy has signed in since
        # of copies, the one that is made takes the place of the one before it, and its person is told
        if table.model not in MOVING:
            assert len(rows) == table.rows_of(subject).count(), table.model
        for row in rows:
            assert set(row) == set(meanings_of(table)) >= set(table.personal), table.model
        header = next(csv.reader(io.StringIO(archive.read(f"{table.model.lower()}.csv").decode("utf-8-sig"))))
        assert header == list(meanings_of(table))
        columns += len(table.personal)
    assert columns > 150


@pytest.mark.prove
def test_figure_of_exported_columns(record_property: Any) -> None:
    """A column counts where a row of the person has it in JSON and in CSV, and the schema and the README tell of it."""
    user = everything("zyzzyva")
    erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    archive = exported(user)
    readme = archive.read("README.md").decode()
    declared = [(each.model.lower(), column, told) for each in EXPORTED for column, told in each.personal.items()]
    there = []
    for name, column, meaning in declared:
        header = next(csv.reader(io.StringIO(archive.read(f"{name}.csv").decode("utf-8-sig"))))
        schema = json.loads(archive.read(f"schemas/{name}.json"))["items"]["properties"]
        told = column in header and column in schema and f"`{column}`: {meaning}" in readme
        there.append(told and any(column in row for row in rows_in(archive, name)))
    missing = [each for each, found in zip(declared, there, strict=True) if not found]
    share = 100 * sum(there) / len(declared)
    record_property("export columns", f"{sum(there)} of {len(declared)} ({share:.4g} %)")
    assert missing == []


def test_json_and_csv_say_the_same_and_keep_to_the_schema() -> None:
    user = everything("zyzzyva")
    Post.objects.update(caption='=HYPERLINK("evil"), "quoted"\nsecond line 🦊')
    archive = exported(user)
    schema = json.loads(archive.read("schemas/posts.post.json"))
    rows = rows_in(archive, "posts.post")
    assert all(set(row) == set(schema["items"]["required"]) for row in rows)
    listed = list(csv.DictReader(io.StringIO(archive.read("posts.post.csv").decode("utf-8-sig"), newline="")))
    assert [row["public_id"] for row in listed] == [row["public_id"] for row in rows]
    assert [row["caption"] for row in listed] == [f"'{row['caption']}" for row in rows]


def test_every_file_keeps_to_its_schema_which_knows_the_types() -> None:
    user = everything("zyzzyva")
    erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    archive = exported(user)
    for name in [*(table.model.lower() for table in EXPORTED), TRAIL_FILE]:
        schema = json.loads(archive.read(f"schemas/{name}.json"))
        jsonschema.validate(rows_in(archive, name), schema, jsonschema.Draft202012Validator)
        properties = schema["items"]["properties"]
        untyped = {column for column, told in properties.items() if "type" not in told}
        assert untyped <= {
            "summary",
            "warnings",
            "metrics",
            "measures",
            "measures_within",
            "extra_data",
            "engagement_rate",
            "explanation",
            "suggestions",
            "combination",
            "viralscore",
            "themes",
            "posts",
            "usual",
            "best_times",
            "params",
            "attempts",
            "cover",
            "variants",
        }, name
    types = json.loads(archive.read("schemas/predictions.prediction.json"))["items"]["properties"]
    assert types["point"]["type"] == ["number"]
    assert types["hashtags"]["type"] == ["array"]
    assert types["duration_s"]["type"] == ["integer", "null"]


def test_json_and_csv_agree_though_rows_come_and_go_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    user = everything("zyzzyva")
    [account] = user.tiktok_accounts.all()
    dumps = json.dumps
    seen: list[Post] = []

    def publish_another(*args: Any, **options: Any) -> str:
        if isinstance(args[0], dict) and "tiktok_id" in args[0] and not seen:
            seen.append(PostFactory(account=account))
            Post.objects.filter(account=account).update(share_url="https://example.com/changed")
        return dumps(*args, **options)

    monkeypatch.setattr(json, "dumps", publish_another)
    archive = exported(user)
    assert seen
    listed = list(csv.DictReader(io.StringIO(archive.read("posts.post.csv").decode("utf-8-sig"), newline="")))
    rows = rows_in(archive, "posts.post")
    assert [(row["public_id"], row["share_url"]) for row in listed] == [
        (row["public_id"], row["share_url"]) for row in rows
    ]


def test_learned_weights_can_be_read() -> None:
    account = TikTokAccountFactory()
    history_of_posts(account, count=8, until=timezone.now())
    services.update_weights(account_id=account.pk)
    [row] = rows_in(exported(account.user), "predictions.accountweights")
    state: Any = row["state"]
    assert len(state["posted_at"]) == len(state["logs"]) == 8
    likes = [round(math.expm1(logs[0])) for logs in state["logs"]]
    assert all(20 < each < 600 for each in likes)
    assert state["as_of"] > state["posted_at"][-1]


def test_the_readme_lists_omissions_with_reasons() -> None:
    readme = exported(everything("zyzzyva")).read("README.md").decode()
    left_out = readme[readme.index("## What is not in here") :]
    for table in EXPORTED:
        assert all(f"`{table.model.lower()}`, `{column}` is not given" in left_out for column in table.exported)
    for each in declared():
        if isinstance(each, RedisKeys | Files) and each.personal:
            assert each.exported in left_out


def test_nothing_of_anybody_else_is_in_it() -> None:
    user = everything("zyzzyva")
    everything("xylophone")
    archive = exported(user)
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert whole.count(b"zyzzyva") > 20
    assert b"xylophone" not in whole


def test_keys_are_told_and_not_given() -> None:
    archive = exported(everything("zyzzyva"))
    [credential] = rows_in(archive, "accounts.credential")
    assert credential["sealed_access_token"] == "held, sealed"
    assert b"act.zyzzyva" not in archive.read("accounts.credential.json")
    [key] = rows_in(archive, "privacy.subjectkey")
    assert key["key"] == "held"


def test_the_readme_says_what_every_column_means() -> None:
    readme = exported(everything("zyzzyva")).read("README.md").decode()
    for table in EXPORTED:
        assert f"## {table.model.lower()}" in readme
        assert all(f"`{column}`: {meaning}" in readme for column, meaning in table.personal.items())


def test_the_access_trail_is_in_it() -> None:
    user = everything("zyzzyva")
    assert len(rows_in(exported(user), TRAIL_FILE)) > 0
    assert trail.events_about(user.pk, by_others=False).filter(action="export", actor_kind="person").count() == 1


def test_it_lies_sealed() -> None:
    user = everything("zyzzyva")
    export = exporting.request_export(user_id=user.pk)
    exporting.make(export_pk=export.pk)
    sealed = b"".join(bytes(part.sealed) for part in ExportPart.objects.all())
    assert b"README.md" not in sealed
    assert b"README.md" in b"".join(export_selectors.archive_of(export))


def test_a_large_one_is_stored_in_parts_that_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1_000)
    archive = exported(everything("zyzzyva"))
    assert ExportPart.objects.count() > 10
    assert archive.testzip() is None


def test_only_its_person_gets_it_and_only_in_time(client: Client) -> None:
    user = everything("zyzzyva")
    export = exporting.request_export(user_id=user.pk)
    address = f"/your-data/export/{export.public_id}/archive.zip"
    client.force_login(user)
    assert client.get(address).status_code == 404
    exporting.make(export_pk=export.pk)
    assert client.get(address).status_code == 200
    assert client.get(f"/api/v1/privacy/exports/{export.public_id}/archive").status_code == 200
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(address).status_code == 404
    DataExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == 404


def test_asking_twice_is_asking_once(client: Client) -> None:
    client.force_login(UserFactory())
    client.post("/your-data/export/")
    answer = client.post("/api/v1/privacy/exports")
    assert answer.status_code == 202
    assert DataExport.objects.count() == 1
    assert "being made" in client.get("/your-data/export/").content.decode()
    assert [each["id"] for each in client.get("/api/v1/privacy/exports").json()] == [answer.json()["id"]]


def test_a_new_copy_takes_the_place_of_those_before_it(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    ids = []
    for _ in range(3):
        ids.append(client.post("/api/v1/privacy/exports").json()["id"])
        # until the new one is ready, the one before it can be fetched
        assert DataExport.objects.filter(user=user).count() == min(2, len(ids))
        exporting.make(export_pk=user.exports.get(public_id=ids[-1]).pk)
    [kept] = client.get("/api/v1/privacy/exports").json()
    assert kept["id"] == ids[-1]
    assert set(ExportPart.objects.values_list("export__public_id", flat=True)) == {ids[-1]}
    assert "replaces the one before" in client.get("/your-data/export/").content.decode()


def test_a_worker_that_was_lost_is_followed_by_another() -> None:
    user = everything("zyzzyva")
    export = exporting.request_export(user_id=user.pk)
    running = DataExport.objects.filter(pk=export.pk)
    running.update(state=DataExport.State.RUNNING, claim=uuid4(), heartbeat_at=timezone.now())
    ExportPart.objects.create(export=export, number=0, sealed=b"half of it")
    assert not exporting.make(export_pk=export.pk)
    running.update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    assert exporting.resume_exports() == [export.pk]
    assert exporting.make(export_pk=export.pk)
    assert zipfile.ZipFile(io.BytesIO(b"".join(export_selectors.archive_of(export)))).testzip() is None


@pytest.mark.parametrize("other_is", ["at it", "ready"])
def test_a_slow_worker_that_lost_its_claim_writes_nothing_more(other_is: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1_000)
    user = everything("zyzzyva")
    export = exporting.request_export(user_id=user.pk)
    write_table, tables_written = export_archive._write_table, []

    def stop_for_a_while(*args: Any) -> None:
        tables_written.append(args[1])
        if len(tables_written) == 5:
            DataExport.objects.filter(pk=export.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=6))
            if other_is == "ready":
                assert exporting.make(export_pk=export.pk)
            else:
                assert exporting.claim_export(export.pk)
        write_table(*args)

    monkeypatch.setattr(export_archive, "_write_table", stop_for_a_while)
    assert not exporting.make(export_pk=export.pk)
    export.refresh_from_db()
    if other_is == "ready":
        content = b"".join(export_selectors.archive_of(export))
        assert len(content) == export.size
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    else:
        assert (export.state, export.parts.count()) == (DataExport.State.RUNNING, 0)


@pytest.mark.prove
def test_figure_of_seconds_for_ten_thousand_posts(record_property: Any) -> None:
    """Each with four observations, its content, a forecast and what became of it; the promise is an hour."""
    count, account = scaled(10_000), TikTokAccountFactory()
    now = timezone.now()
    posts = Post.objects.bulk_create(
        PostFactory.build(account=account, tiktok_id=str(number), posted_at=now - timedelta(hours=number + 200))
        for number in range(count)
    )
    PostContent.objects.bulk_create(PostContentFactory.build(post=post) for post in posts)
    Observation.objects.bulk_create(
        Observation(
            post=post, observed_at=post.posted_at + timedelta(hours=age), likes=age, comments=1, shares=1, views=9
        )
        for post in posts
        for age in (1, 6, 24, 168)
    )
    predictions = Prediction.objects.bulk_create(PredictionFactory.build_batch(count, account=account))
    Outcome.objects.bulk_create(
        OutcomeFactory.build(prediction=prediction, post=post)
        for prediction, post in zip(predictions, posts, strict=True)
    )
    export = exporting.request_export(user_id=account.user_id)
    began = time.perf_counter()
    assert exporting.make(export_pk=export.pk)
    seconds = time.perf_counter() - began
    export.refresh_from_db()
    record_property("posts", count)
    record_property("export seconds", round(seconds, 1))
    record_property("MiB", round(export.size / 2**20, 1))
    assert seconds < 3_600


def test_an_export_that_keeps_failing_is_shown_as_failed(client: Client) -> None:
    user = UserFactory()
    export = exporting.request_export(user_id=user.pk)
    DataExport.objects.update(attempts=exporting.MAX_ATTEMPTS)
    assert not exporting.make(export_pk=export.pk)
    client.force_login(user)
    assert "failed" in client.get("/your-data/export/").content.decode()
    assert exporting.request_export(user_id=user.pk) != export


def test_exported_sessions_can_be_read_and_open_nothing() -> None:
    user = everything("zyzzyva")
    client = Client()
    client.force_login(user)
    rows = rows_in(exported(user), "sessions.session")
    remembered: Any = [row["session_data"] for row in rows]
    assert {"_auth_user_id": str(user.pk)}.items() <= remembered[0].items()
    assert not any("hash" in name for each in remembered for name in each)
