"""Partitions of the records: a table for each day, made a week ahead, dropped after 90 days.

A function of the database does it, as the service's role may neither make nor drop tables.
"""

from django.db import connection

KEPT_DAYS = 90
"""As in the function `telemetry_tend_partitions` (migration 0003)."""


def tend() -> None:
    """Make the partitions of today and the next seven days (UTC), and drop those of days that are over for 90 days."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT telemetry_tend_partitions()")
