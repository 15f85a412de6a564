"""Sums of a day's records by endpoint, which outlive the records and which pages read."""

from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from telemetry.models import RouteDay
from telemetry.requests.stages import STAGES

_STAGES = ", ".join(f"'{name}', percentile_disc(0.95) WITHIN GROUP (ORDER BY {name})" for name in STAGES)
_SUM_UP = f"""
INSERT INTO {RouteDay._meta.db_table}
    (day, endpoint_id, requests, refused, failed, people, p50, p95, p99, stages)
SELECT %(day)s, endpoint_id, count(*), count(*) FILTER (WHERE status BETWEEN 400 AND 499),
    count(*) FILTER (WHERE status >= 500), count(DISTINCT pseudonym),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY total), percentile_disc(0.95) WITHIN GROUP (ORDER BY total),
    percentile_disc(0.99) WITHIN GROUP (ORDER BY total), jsonb_strip_nulls(jsonb_build_object({_STAGES}))
FROM telemetry_requestrecord WHERE at >= %(start)s AND at < %(end)s GROUP BY endpoint_id
ON CONFLICT (day, endpoint_id) DO UPDATE SET
    (requests, refused, failed, people, p50, p95, p99, stages) = (excluded.requests, excluded.refused, excluded.failed,
    excluded.people, excluded.p50, excluded.p95, excluded.p99, excluded.stages)
"""  # noqa: S608 - of names of ours


def sum_up(*, now: datetime | None = None) -> None:
    """Sum up today, and yesterday in the first hour of the day, when its last records have come."""
    now = now or timezone.now()
    for day in sorted({now.date(), (now - timedelta(hours=1)).date()}):
        sum_up_day(day)


def sum_up_day(day: date) -> None:
    """Sum up the records of the UTC day by endpoint, in place of an earlier sum."""
    start = datetime.combine(day, time(), timezone.get_default_timezone())
    with connection.cursor() as cursor:
        cursor.execute(_SUM_UP, {"day": day, "start": start, "end": start + timedelta(days=1)})
