"""The tables of docs/costs.md, as `manage.py costs` prints them."""

from collections.abc import Iterable, Sequence

from telemetry.costs.measurement import Measurement
from telemetry.costs.model import RATES, Cost, CostModel
from telemetry.costs.prices import Prices

PROMISED_PER_THOUSAND = 200 / 24 / 50
"""Dollars: under 200 a day at 50,000 an hour."""
AIM_PER_THOUSAND = PROMISED_PER_THOUSAND / 100
WORKS = {
    "forecast": "a forecast",
    "first_refresh": "reading an account for the first time",
    "refresh": "reading it again",
    "look": "a look for new posts",
    "observation": "a post's counts",
    "learning": "learning its weights",
}


def tables(measured: Measurement, prices: Prices) -> str:
    """Return all tables as Markdown."""
    model = CostModel(measured, prices)
    return "\n\n".join([_measured(measured), _by_rate(model), _marginal(model), _answers(model)]) + "\n"


def _measured(measured: Measurement) -> str:
    rows = [
        [
            words,
            f"{work.reads} / {work.writes}",
            *(f"{1000 * seconds:.1f}" for seconds in (work.cpu_s, work.database_cpu_s, work.cache_cpu_s)),
            f"{work.stored_bytes:,}",
        ]
        for name, words in WORKS.items()
        for work in [getattr(measured, name)]
    ]
    header = ["work", "reads / writes", "CPU ms", "of PostgreSQL", "of Redis", "bytes stored"]
    start, memory = measured.start, measured.memory
    return (
        f"Measured {measured.measured_on} on {measured.machine}, with {measured.posts} posts; a first reading of "
        f"{measured.first_refresh.posts} posts.\n\n{_table(header, rows)}\n\n"
        f"A forecast sends {measured.forecast.sent_bytes:,} bytes and logs {measured.forecast.log_bytes:,}. "
        f"A web server with one worker takes {memory.server_mib:.0f} MiB, each further worker "
        f"{memory.worker_own_mib:.0f} MiB. A new process uses {start.process_s:.1f} s of CPU until its code is loaded, "
        f"{start.models_s:.1f} s for the models "
        f"and {start.first_answer_s:.1f} s for its first answer."
    )


def _by_rate(model: CostModel) -> str:
    rows = []
    for words, an_hour in RATES.items():
        for kind, cost in (("containers", model.containers(an_hour)), ("serverless", model.serverless(an_hour))):
            rows.append([words, kind, f"{cost.a_day:,.2f}", *_per_thousand(cost)])
    header = ["forecasts", "on", "$ a day", "$ per 1,000", "of that fixed", "of that with requests"]
    return f"List prices of {model.prices.dated}, {model.prices.region}.\n\n{_table(header, rows)}"


def _per_thousand(cost: Cost) -> Iterable[str]:
    return (_dollars(cost.per_thousand(dollars)) for dollars in (cost.total, cost.fixed, cost.total - cost.fixed))


def _marginal(model: CostModel) -> str:
    containers, serverless = model.marginal(model.containers), model.marginal(model.serverless)
    rows = [[part, _dollars(containers[part]), _dollars(serverless[part])] for part in containers]
    rows.append(["together", _dollars(sum(containers.values())), _dollars(sum(serverless.values()))])
    return "What a thousand forecasts more cost, in dollars.\n\n" + _table(["part", "containers", "serverless"], rows)


def _answers(model: CostModel) -> str:
    marginal = sum(model.marginal(model.containers).values())
    at_promise = model.containers(RATES["50,000 an hour"])
    rows = [
        ["seed's promise, per 1,000", _dollars(PROMISED_PER_THOUSAND)],
        ["aim, a hundredth of it", _dollars(AIM_PER_THOUSAND)],
        ["containers at 50,000 an hour, per 1,000", _dollars(at_promise.per_thousand(at_promise.total))],
        [
            "a thousand forecasts more on containers",
            f"{_dollars(marginal)}, {marginal / AIM_PER_THOUSAND:.1f} times the aim",
        ],
        ["containers are cheaper from", f"{model.crossing():,.0f} forecasts an hour"],
        ["first answer of a new function", f"{model.cold_answer_s():.1f} s"],
        ["answered so at 100 a day", f"{model.cold_share(RATES['100 a day']):.0%}"],
        ["an account's month without forecasts", _dollars(model.account_month())],
    ]
    return _table(["question", "answer"], rows)


def _dollars(amount: float) -> str:
    """Return an amount with two significant digits at least, and cents."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.2g}" if amount >= 0.0001 else f"${amount:.6f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
