"""The staff page: for some roles, with a table beside each chart."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from telemetry.models import Endpoint, RouteDay
from telemetry.service_page.charts import BOTTOM, LEFT, RIGHT, TOP, Series, chart
from tests.factories import ForecastErrorFactory, StaffFactory, enter_admin


def days_of(route: str, failed: int) -> None:
    endpoint = Endpoint.objects.create(route=route, method="POST")
    for ago in range(4):
        RouteDay.objects.create(
            day=timezone.now().date() - timedelta(days=ago), endpoint=endpoint, requests=100, refused=1, failed=failed,
            people=3, p50=12_000, p95=45_600 + ago, p99=80_000, stages={"inference": 13_250},
        )  # fmt: skip


def visit(client: Client, role: str, **query: str | int) -> str:
    staff = StaffFactory(is_superuser=False)
    staff.groups.add(Group.objects.get(name=role))
    enter_admin(client, staff)
    answer = client.get(reverse("admin:telemetry_routeday_changelist"), query)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "sees"), [("operator", True), ("analyst", True), ("support", False)])
def test_it_is_for_some_roles(client: Client, role: str, sees: bool) -> None:
    assert ("The service by day" in visit(client, role)) == sees


@pytest.mark.django_db
def test_it_tells_latency_errors_queues_and_quality(client: Client) -> None:
    days_of("api/v1/predict", failed=2)
    days_of("api/v1/posts", failed=0)
    ForecastErrorFactory(due_at=timezone.now(), covered=True, age_h=24)
    page = visit(client, "operator", endpoint=Endpoint.objects.get(route="api/v1/predict").pk)
    assert "Latency of POST api/v1/predict" in page
    assert "<td>45.60</td>" in page
    assert "Stages of POST api/v1/predict" in page
    assert "<td>13.25</td>" in page
    assert "8 (2.00 %)" in page
    assert "<td>1.00</td>" in page
    assert '<th scope="row">learning</th>' in page
    assert "<td>100.00</td>" in page
    assert page.count("<svg") - page.count('<svg class="toggle') >= page.count("The same as a table") == 4


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=40))
def test_every_value_is_within_the_chart_and_in_the_table(values: list[float | None]) -> None:
    today = timezone.now().date()
    days = [today - timedelta(days=ago) for ago in reversed(range(len(values)))]
    drawn = chart("x", "x", "ms", days, [Series("p50", values)])
    points = drawn.lines[0].points
    assert len(points) == sum(value is not None for value in values)
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in points)
    assert [row[1][0] for row in reversed(drawn.rows)] == values
