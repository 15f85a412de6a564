"""Records of requests: queued with a bound, written in batches into partitions, summed up, and without content."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from privacy.declarations.registry import subject_of, table_of
from telemetry.connections import redis_client
from telemetry.models import Endpoint, RequestRecord, RouteDay
from telemetry.requests import partitions, pseudonyms, summaries, writing
from telemetry.requests.queue import WAITING, Request, Waiting
from telemetry.requests.stages import STAGES, begin, end, note, stage
from tests.factories import TikTokAccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open():
    """A process that records, whose records are written when the test says so."""
    writing.endpoint_id.cache_clear()
    pseudonyms.key_of.cache_clear()
    WAITING.clear()
    WAITING.is_open = True
    yield
    WAITING.clear()
    writing.endpoint_id.cache_clear()
    pseudonyms.key_of.cache_clear()


def request(**changes) -> Request:
    told = {
        "at": time.time(), "route": "api/v1/predict", "method": "POST", "status": 200, "total": 0.01,
        "stages": {"caption": 0.002}, "model_version": 3, "user_id": None,
    }  # fmt: skip
    return Request(**{**told, **changes})


def days_with_partition() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(relname, 8) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'telemetry_requestrecord'::regclass"
        )
        return {day for (day,) in cursor.fetchall()}


def test_a_request_is_recorded_by_its_pattern_and_without_content(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    client.get(f"/api/v1/accounts/{account.public_id}?secret=words")
    client.get("/no/such/address/jane")
    assert writing.flush() == 2
    first, second = RequestRecord.objects.order_by("id")
    assert (first.endpoint.route, first.endpoint.method) == ("api/v1/accounts/<slug:id>", "GET")
    assert first.status in (200, 400)
    assert first.total > 0
    assert first.pseudonym not in (None, account.user_id)
    assert (second.endpoint.route, second.status) == ("", 404)
    routes = " ".join(Endpoint.objects.values_list("route", flat=True))
    assert not any(word in routes for word in ("jane", "secret", account.public_id))


def test_no_column_can_hold_a_text() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT data_type FROM information_schema.columns WHERE table_name = 'telemetry_requestrecord'")
        kinds = {kind for (kind,) in cursor.fetchall()}
    assert kinds == {"bigint", "integer", "smallint", "timestamp with time zone"}


def test_stages_add_up_and_belong_to_their_request() -> None:
    measured, token = begin()
    with stage("caption"):
        time.sleep(0.002)
    note(caption=1.0, inference=0.5, model_version=7)
    end(token)
    note(caption=100.0)
    assert measured.seconds["caption"] > 1.002
    assert measured.seconds["inference"] == 0.5
    assert measured.model_version == 7


def test_a_stage_without_a_column_is_refused() -> None:
    _, token = begin()
    with pytest.raises(ValueError, match="expected one of authentication"):
        note(dreaming=1.0)
    end(token)


@given(st.lists(st.integers(0, 5)), st.integers(1, 6))
def test_the_queue_keeps_at_most_its_bound_and_counts_the_rest(bursts: list[int], most: int) -> None:
    waiting, sent, seen, dropped = Waiting(most), 0, 0, 0
    waiting.is_open = True
    for burst in bursts:
        for _ in range(burst):
            waiting.add(request())
            sent += 1
        kept, lost = waiting.take()
        assert len(kept) <= most
        seen, dropped = seen + len(kept), dropped + lost
    assert seen + dropped == sent


@given(st.integers(0, 8), st.integers(0, 8))
def test_what_is_put_back_stays_in_order_and_within_the_bound(back: int, newer: int) -> None:
    waiting = Waiting(most=6)
    waiting.is_open = True
    for number in range(newer):
        waiting.add(request(status=100 + number))
    waiting.put_back([request(status=number) for number in range(back)])
    kept, lost = waiting.take()
    assert len(kept) <= 6
    assert len(kept) + lost == back + newer
    assert [each.status for each in kept] == sorted(each.status for each in kept)


def test_a_batch_is_one_statement_whatever_its_size(django_assert_num_queries) -> None:
    writing.endpoint_id("api/v1/predict", "POST")
    for _ in range(500):
        WAITING.add(request())
    with django_assert_num_queries(1):
        assert writing.flush() == 500
    assert RequestRecord.objects.count() == 500
    row = RequestRecord.objects.first()
    assert row is not None
    assert (row.total, row.caption, row.authentication, row.model_version) == (10_000, 2_000, None, 3)


def test_metrics_count_a_batch_as_they_would_each() -> None:
    def bucket(bound: str) -> float:
        labels = {"route": "batch", "method": "GET", "status": "2xx", "le": bound}
        return REGISTRY.get_sample_value("postcast_request_seconds_bucket", labels) or 0

    for total in (0.001, 0.005, 0.02, 0.7, 99):
        WAITING.add(request(route="batch", method="GET", total=total))
    writing.flush()
    assert [bucket(bound) for bound in ("0.005", "0.025", "1.0", "+Inf")] == [2, 3, 4, 5]
    labels = {"route": "batch", "method": "GET", "status": "2xx"}
    assert REGISTRY.get_sample_value("postcast_request_seconds_sum", labels) == pytest.approx(99.726)


def test_what_has_no_partition_is_dropped_and_counted() -> None:
    before = REGISTRY.get_sample_value("postcast_request_records_dropped_total") or 0
    WAITING.add(request(at=0.0))
    with transaction.atomic():
        assert writing.flush() == 1
        transaction.set_rollback(True)
    assert REGISTRY.get_sample_value("postcast_request_records_dropped_total") == before + 1


def test_a_forked_child_begins_without_its_parent_s_records() -> None:
    WAITING.add(request())
    reading, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing_end, f"{len(WAITING.take()[0])} {WAITING.is_open}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"0 False"
    assert len(WAITING.take()[0]) == 1


def test_partitions_are_made_a_week_ahead_and_dropped_after_90_days() -> None:
    today = timezone.now().date()
    old = {today - timedelta(days=days): days for days in (89, 90, 91, 200)}
    with connection.cursor() as cursor:
        for day in old:
            cursor.execute(
                f"CREATE TABLE telemetry_requestrecord_{day:%Y%m%d} PARTITION OF telemetry_requestrecord"
                f" FOR VALUES FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
            )
        cursor.execute(f"DROP TABLE telemetry_requestrecord_{today + timedelta(days=7):%Y%m%d}")
    partitions.tend()
    partitions.tend()
    expected = {today + timedelta(days=ahead) for ahead in range(8)} | {day for day, age in old.items() if age <= 90}
    assert days_with_partition() == {f"{day:%Y%m%d}" for day in expected}


def test_a_pseudonym_is_the_same_within_a_day_and_another_on_the_next() -> None:
    today = timezone.now().date()
    one, other = pseudonyms.key_of(today), pseudonyms.key_of(today - timedelta(days=1))
    assert one == pseudonyms.key_of(today)
    assert pseudonyms.pseudonym(1, one) == pseudonyms.pseudonym(1, one)
    assert len({pseudonyms.pseudonym(user, key) for user in (1, 2) for key in (one, other)}) == 4


def test_the_key_of_a_day_goes_a_day_later() -> None:
    today = timezone.now().date()
    pseudonyms.key_of(today)
    with redis_client() as client:
        seconds = int(client.ttl(f"{pseudonyms.KEYS}{today:%Y-%m-%d}"))
    ends = datetime.now(UTC) + timedelta(seconds=seconds + 2)
    assert ends.date() == today + timedelta(days=2)
    assert ends.hour == 0


def test_erasure_finds_the_records_that_can_be_told_to_be_the_person_s() -> None:
    person, other = UserFactory(), UserFactory()
    for user_id in (person.pk, person.pk, other.pk, None):
        WAITING.add(request(user_id=user_id))
    writing.flush()
    table = table_of(RequestRecord)
    assert table.rows_of(subject_of(person.pk)).count() == 2
    with redis_client() as client:
        client.flushdb()
    assert table.rows_of(subject_of(person.pk)).count() == 0
    assert get_user_model().objects.filter(pk=person.pk).exists()


def test_a_day_is_summed_up_by_endpoint_as_often_as_one_likes() -> None:
    for number in range(100):
        stages = {"caption": number / 1e5} if number % 2 else {}
        WAITING.add(request(total=(number + 1) / 1000, status=500 if number == 0 else 200, stages=stages))
    WAITING.add(request(route="other", status=404))
    writing.flush()
    summaries.sum_up()
    summaries.sum_up()
    day = RouteDay.objects.get(endpoint__route="api/v1/predict", day=timezone.now().date())
    assert (day.requests, day.failed, day.refused, day.people) == (100, 1, 0, 0)
    assert (day.p50, day.p95, day.p99) == (50_000, 95_000, 99_000)
    assert day.stages == {"caption": 950}
    assert RouteDay.objects.get(endpoint__route="other").refused == 1


def test_recording_costs_less_than_twenty_microseconds_of_cpu(rf) -> None:
    from django.http import HttpResponse

    from telemetry.requests.middleware import record_requests

    answered, asked = HttpResponse(), rf.get("/")
    asked.resolver_match = None
    bare = lambda _: answered  # noqa: E731
    recorded = record_requests(bare)

    def cpu(view, count: int = 5_000) -> float:
        started = time.process_time()
        for _ in range(count):
            view(asked)
        return (time.process_time() - started) / count

    costs = [cpu(recorded) - cpu(bare) for _ in range(5)]
    print(f"recording a request: {min(costs) * 1e6:.1f} µs of CPU; stages: {len(STAGES)}")
    assert min(costs) < 20e-6
