"""Costs follow from the measurement and the prices, and docs/costs.md shows what the command prints."""

import io
import json
import math
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from telemetry.costs.measurement import MEASUREMENT, read_measurement
from telemetry.costs.model import RATES, CostModel
from telemetry.costs.prices import PRICES, read_prices

MODEL = CostModel(read_measurement(), read_prices())
rates = st.floats(1, 1e8)


def printed(**options: object) -> str:
    out = io.StringIO()
    call_command("costs", stdout=out, **options)
    return out.getvalue()


def test_the_page_shows_what_the_command_prints() -> None:
    page = Path(settings.BASE_DIR, "docs", "costs.md").read_text(encoding="utf-8")
    assert printed() in page


@given(rate=rates, more=st.floats(1, 100))
def test_more_forecasts_never_cost_less(rate: float, more: float) -> None:
    assert MODEL.containers(rate).fixed <= MODEL.containers(rate).total <= MODEL.containers(rate * more).total
    assert MODEL.serverless(rate).fixed <= MODEL.serverless(rate).total


@given(rate=rates)
def test_cold_starts_become_rarer_until_only_old_functions_are_replaced(rate: float) -> None:
    assert 0 < MODEL.cold_share(2 * rate) <= MODEL.cold_share(rate) <= 1


def test_containers_stay_cheaper_from_the_crossing_on() -> None:
    crossing = MODEL.crossing()
    assert MODEL.serverless(crossing / 10).total < MODEL.containers(crossing / 10).total
    for times in (1.02, 2, 10, 1000):
        assert MODEL.containers(crossing * times).total < MODEL.serverless(crossing * times).total


def test_nothing_is_paid_for_functions_that_nobody_calls() -> None:
    idle = MODEL.serverless(0).parts
    assert [idle["web"], idle["way in"], idle["traffic"], idle["storage"]] == [0, 0, 0, 0]
    # two tasks of half a vCPU and a GiB, and the balancer's hour
    containers = MODEL.containers(0).parts
    assert containers["web"] == pytest.approx(2 * (0.5 * 0.04048 + 0.004445))
    assert containers["way in"] == 0.0225


def test_a_rate_costs_by_hand() -> None:
    """At 50,000,000 an hour sizes are so many that steps do not matter: seconds of CPU at the price of a vCPU."""
    an_hour, forecast, prices = RATES["50,000,000 an hour"], MODEL.measured.forecast, MODEL.prices
    parts = MODEL.containers(an_hour).parts
    vcpu_hours = an_hour * forecast.cpu_s / 3600 / 0.6
    assert parts["web"] == pytest.approx(
        vcpu_hours * (prices.fargate.vcpu_hour + 2 * prices.fargate.gib_hour), rel=0.01
    )
    assert parts["traffic"] == pytest.approx(an_hour * forecast.sent_bytes / 1e9 * 0.09)
    assert parts["storage"] == pytest.approx(an_hour * forecast.stored_bytes / 2**30 * 0.115 * 12)


def test_an_expensive_vcpu_makes_containers_dearer_and_moves_the_crossing() -> None:
    fargate = MODEL.prices.fargate.model_copy(update={"vcpu_hour": 10 * MODEL.prices.fargate.vcpu_hour})
    dear = CostModel(MODEL.measured, MODEL.prices.model_copy(update={"fargate": fargate}))
    assert dear.containers(1e6).total > MODEL.containers(1e6).total
    assert dear.crossing() > MODEL.crossing()
    assert dear.account_month() > MODEL.account_month()


def test_containers_never_win_where_a_vcpu_costs_more_than_its_seconds_as_a_function() -> None:
    fargate = MODEL.prices.fargate.model_copy(update={"vcpu_hour": 10.0})
    assert CostModel(MODEL.measured, MODEL.prices.model_copy(update={"fargate": fargate})).crossing() == math.inf


def test_another_measurement_is_priced(tmp_path: Path) -> None:
    slow = json.loads(MEASUREMENT.read_text())
    slow["forecast"]["cpu_s"] *= 10
    (tmp_path / "slow.json").write_text(json.dumps(slow))
    assert printed(measurement=tmp_path / "slow.json") != printed()


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("vcpu_hour = 0.04048", "vcpu_hour"),
        ('page = "AWS Fargate pricing, Linux/x86"', "fargate.page"),
        ("dated = 2026-11-28", "dated"),
    ],
)
def test_a_price_that_is_missing_is_named(tmp_path: Path, written: str, named: str) -> None:
    text = PRICES.read_text()
    assert written in text
    (tmp_path / "prices.toml").write_text(text.replace(written, "", 1))
    with pytest.raises(CommandError, match=named):
        printed(prices=tmp_path / "prices.toml")
