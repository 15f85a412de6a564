"""Every route asks the database as often as tests/whole/query_counts.json says.

After a change that is meant to: WRITE_QUERY_COUNTS=1 python -m pytest tests/whole/test_query_counts.py
"""

import json
import os
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from predictions.learning.services import update_weights
from tests.factories import StaffFactory, enter_admin
from tests.pages.conftest import Creator
from tests.privacy.trail.test_every_route import (
    ASKED_BY,
    OWN,
    PERSONAL,
    STAFFS,
    as_signed_in,
    own_address,
    person,
    row_of,
    staff_address,
)

__all__ = ["person"]
pytestmark = pytest.mark.django_db

BASELINE = Path(__file__).with_name("query_counts.json")
WRITES = re.compile(r"(INSERT|UPDATE|DELETE)\b|WITH\b.*\bINSERT INTO\b", re.DOTALL)
"""Beginnings of statements that write; what stores a forecast begins with what it asks first."""
UNCOUNTED = ("SAVEPOINT", "RELEASE", "ROLLBACK")
"""Of the transaction that the tests run in."""

Counts = dict[str, list[int]]
"""Method and route -> status, statements that read, and statements that write."""


@pytest.fixture
def asked(person: Creator) -> Counts:
    """Ask every route as the person, with learned weights, or as staff."""
    update_weights(account_id=person.account.pk)
    staff = enter_admin(Client(), StaffFactory(username="sam"))
    counts: Counts = {}
    signed_in = Client()
    signed_in.force_login(person.user)
    for route in OWN:
        client, headers = as_signed_in(signed_in, route)
        counts |= dict([_count(client, own_address(route, person), route, **headers)])
    for route in STAFFS:
        if "logout" not in route:
            counts |= dict([_count(staff, _staff_address(route, person), route)])
    return counts


def _staff_address(route: str, person: Creator) -> str:
    """Return the address, of a row that is there: which numbers rows have depends on the tests that ran before."""
    if not route.startswith("admin/") or route.startswith("admin/r/") or "<path:object_id>" not in route:
        return staff_address(route, person)
    model = apps.get_model(".".join(route.split("/")[1:3]))
    row = row_of(model, person) if model in PERSONAL else model._default_manager.order_by("pk").first()
    return "/" + route.replace("<path:object_id>", str(row.pk if row else 1))


def _count(client: Client, path: str, route: str, **headers: str) -> tuple[str, list[int]]:
    """Return the method with the route, and the row of it; whatever was changed is changed back."""
    # whichever tests ran before
    ContentType.objects.clear_cache()
    view = resolve(path.partition("?")[0]).view_name
    method, data = ASKED_BY.get(view, ("get", {}))
    sent = {"content_type": "application/json", "data": data} if method != "get" else {}
    before = transaction.savepoint()
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(path, headers=headers, **sent)
    if response.status_code == 405:
        method = "post"
        with CaptureQueriesContext(connection) as captured:
            response = client.post(path, {}, content_type="application/json", headers=headers)
    response.getvalue()
    transaction.savepoint_rollback(before)
    statements = [sql for query in captured if not (sql := query["sql"].lstrip()).startswith(UNCOUNTED)]
    writes = sum(bool(WRITES.match(statement)) for statement in statements)
    return f"{method.upper()} /{route}", [response.status_code, len(statements) - writes, writes]


def test_every_route_asks_the_database_as_often_as_the_baseline_says(asked: Counts) -> None:
    if os.environ.get("WRITE_QUERY_COUNTS"):
        lines = ",\n".join(f"  {json.dumps(route)}: {json.dumps(row)}" for route, row in sorted(asked.items()))
        BASELINE.write_text(f"{{\n{lines}\n}}\n")
    baseline = json.loads(BASELINE.read_text())
    assert asked == baseline
