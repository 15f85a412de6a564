"""Parts of files in a bucket: a real S3 API on loopback takes them, and only their rows open them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from config.settings.variables import settings_from
from posts.imports.parts import PART_BYTES, SealedFile, store_part
from posts.imports.services import begin_upload, drop_upload
from posts.models import ImportPart
from privacy.erasure.running import run
from privacy.erasure.services import request_erasure
from privacy.export.selectors import archive_of
from privacy.export.services import make, request_export
from privacy.models import DataExport, Erasure, ExportPart, Through
from privacy.models.parts import PartLost, delete_unreferenced
from privacy.retention.purging import purge_all
from tests.factories import TikTokAccountFactory
from tests.test_environment import GOOD, read_environment

BUCKET = "postcast-test"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A client of a local S3 with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="eu-north-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    yield client
    server.stop()


@pytest.fixture
def bucket(s3: Any, settings: Settings) -> Any:
    """The service with the bucket configured by its environment variables; returns the client."""
    configured = settings_from(
        read_environment(
            {
                **GOOD,
                "OBJECTS_BUCKET": BUCKET,
                "OBJECTS_ENDPOINT_URL": s3.meta.endpoint_url,
                "OBJECTS_REGION": "eu-north-1",
                "OBJECTS_ACCESS_KEY": "key",
                "OBJECTS_SECRET_KEY": "secret",
            }
        )
    )
    settings.STORAGES = configured["STORAGES"]
    for name in names_in(s3):
        s3.delete_object(Bucket=BUCKET, Key=name)
    return s3


def names_in(s3: Any) -> list[str]:
    """Return the names of the objects in the bucket."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def export_of_somebody() -> DataExport:
    """Return a copy that is ready, of a person with an account."""
    export = request_export(user_id=TikTokAccountFactory().user_id)
    assert make(export_pk=export.pk)
    return export


@pytest.mark.django_db
def test_a_copy_lies_in_the_bucket_encrypted_twice_and_comes_back_whole(bucket):
    export = export_of_somebody()
    assert len(names_in(bucket)) == export.parts.count() > 0
    for part in export.parts.all():
        stored = bucket.get_object(Bucket=BUCKET, Key=part.object_name)
        assert stored["ServerSideEncryption"] == "AES256"
        body = stored["Body"].read()
        assert b"README.md" not in body
        assert part.object_bytes == len(body) > len(bytes(part.sealed))
    assert b"README.md" in b"".join(archive_of(export))


@pytest.mark.django_db
def test_no_object_can_be_read_by_the_world(bucket):
    part = export_of_somebody().parts.get()
    grants = bucket.get_object_acl(Bucket=BUCKET, Key=part.object_name)["Grants"]
    assert all(grant["Grantee"].get("Type") == "CanonicalUser" for grant in grants)


@pytest.mark.django_db
@hypothesis_settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200), seed=st.integers(0, 10))
def test_a_file_on_its_way_is_read_as_it_came(bucket, content, seed):
    whole = content * (PART_BYTES // len(content) + seed)
    upload = begin_upload(account_id=TikTokAccountFactory().pk)
    for number, begin in enumerate(range(0, len(whole), PART_BYTES)):
        store_part(upload, number, whole[begin : begin + PART_BYTES])
    upload.size = len(whole)
    assert SealedFile(upload).read() == whole
    assert len(names_in(bucket)) == ImportPart.objects.filter(import_job=upload).count()
    drop_upload(upload)
    assert delete_unreferenced() > 0
    assert names_in(bucket) == []


@pytest.mark.django_db
def test_an_erasure_leaves_no_object_of_its_person_and_all_of_the_others(bucket):
    erased, other = export_of_somebody(), export_of_somebody()
    erasure = request_erasure(user_id=erased.user_id, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    assert run(erasure_pk=erasure.pk)
    assert set(names_in(bucket)) == set(other.parts.values_list("object_name", flat=True))


@pytest.mark.django_db
def test_retention_deletes_the_objects_of_an_expired_copy(bucket):
    export = export_of_somebody()
    DataExport.objects.update(expires_at=export.requested_at)
    assert purge_all()["objects whose rows are gone"] == 1
    assert names_in(bucket) == []


@pytest.mark.django_db
def test_an_object_without_its_row_cannot_be_opened_and_none_of_another_row(bucket):
    mine, other = (export_of_somebody().parts.get() for _ in range(2))
    mine.object_name = other.object_name
    with pytest.raises(PartLost, match="altered"):
        mine.content()
    other.object_name = "parts/nothing"
    with pytest.raises(PartLost, match="cannot be read"):
        other.content()


@pytest.mark.django_db
def test_keys_are_rotated_without_touching_objects(bucket, settings):
    part = export_of_somebody().parts.get()
    before = bucket.head_object(Bucket=BUCKET, Key=part.object_name)["ETag"]
    content = part.content()
    settings.DATA_ENCRYPTION_KEYS = {"new": bytes(32), **settings.DATA_ENCRYPTION_KEYS}
    call_command("rotate_encryption_keys", verbosity=0)
    settings.DATA_ENCRYPTION_KEYS = {"new": bytes(32)}
    assert ExportPart.objects.get(pk=part.pk).content() == content
    assert bucket.head_object(Bucket=BUCKET, Key=part.object_name)["ETag"] == before


@pytest.mark.django_db
def test_a_bucket_that_is_away_fails_the_upload_and_keeps_erasures_from_being_called_done(bucket, settings):
    part = export_of_somebody().parts.get()
    objects = settings.STORAGES["objects"]
    away = {**objects, "OPTIONS": {**objects["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}}
    settings.STORAGES = {**settings.STORAGES, "objects": away}
    encrypted = part.fill(b"content")
    with pytest.raises(PartLost, match="cannot be stored"):
        part.upload(encrypted)
    with pytest.raises(OSError, match="bucket"):
        delete_unreferenced()
