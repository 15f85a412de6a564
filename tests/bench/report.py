"""The benchmark's JSON, and its tables.

The document that `python -m tests.bench` prints last, on one line, and writes to the file that OUT= names:

- `machine`: processor, cores, memory_gib, system, python, load_before. `seed`, `scale`, `accounts`.
- `serving.rates.<target>.<rate>` and `serving.highest.<target>`, medians of three runs, the second of one:
  offered_per_s,
  answered_per_s, p50_ms, p95_ms, p99_ms (from when a request was due), errors (share), cpu_ms (of web server, proxy,
  PostgreSQL and Redis per request) and each of them (cpu_ms_web, cpu_ms_proxy, cpu_ms_postgres, cpu_ms_redis),
  workers_cpu_s (of all workers and beat in the run), generator_cpu_ms (per request, on the same cores) and
  generator_late_p99_ms (over 50: the generator, not the server, was short of CPU).
  Targets: text, advice (with explanation and suggestions), picture; authenticated, anonymous (empty views with both
  throttles), bare (Django without middleware); fastapi, bentoml (the same model, read and write).
- `serving.ratios`: X_to_Y_by_cpu (CPU per request at 14/s) and X_to_Y_by_rate; 0.5 means that X does half as many.
- `serving.memory.<process>`: resident_mib, pss_mib, own_mib, shared_mib. `serving.cold`: listens_s, first_answer_s,
  second_answer_s after a start; after_idleness_ms, then_ms. `serving.engine`: CPU ms without any layer.
- `costs`: what prices are computed from. `costs.forecast` {reads, writes, cpu_s, bytes (write-ahead log), bytes_in,
  bytes_out}; its cpu_s is that of the whole way at 14/s. `costs.refresh`, `costs.learning`, `costs.erasure` {posts,
  seconds, cpu_s, reads, writes, bytes} of one account of 500 posts. `costs.account` {stored_bytes: of the database per
  account}. `costs.account_month` {cpu_s, reads, writes, bytes}: a refresh and a learning a day, for 30 days.
- `training.<posts>`: s, ms per post, MiB. `pictures.<kind>`. `soak`.
"""

import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(width=150)
SHOWN = ("offered_per_s", "answered_per_s", "p50_ms", "p95_ms", "p99_ms", "errors", "cpu_ms", "generator_cpu_ms")
DAYS = 30


def costs(works: dict[str, dict[str, float]], rates: dict[str, Any], stored_bytes: float) -> dict[str, Any]:
    """Return `costs` of the document."""
    daily = [works["refresh"], works["learning"]]
    month = {name: round(DAYS * sum(work[name] for work in daily), 3) for name in ("cpu_s", "reads", "writes", "bytes")}
    forecast = works["forecast"] | {"cpu_s": round(rates["text"]["14/s"]["cpu_ms"] / 1000, 6)}
    return {**works, "forecast": forecast, "account": {"stored_bytes": round(stored_bytes)}, "account_month": month}


def tables(figures: dict[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return (title, columns, rows) of every table that the document has figures for."""
    found = []
    serving = figures.get("serving", {})
    if rates := serving.get("rates"):
        rows = [[f"{name}, {rate}", *_shown(row, SHOWN)] for name, of in rates.items() for rate, row in of.items()]
        rows += [[f"{name}, highest", *_shown(row, SHOWN)] for name, row in serving["highest"].items()]
        found.append(("Forecasts and what to compare them with", ["", *SHOWN], rows))
        found.append(("Ratios", ["", "ratio"], [[name, f"{value:g}"] for name, value in serving["ratios"].items()]))
    for name, title in (("memory", "Memory, MiB"), ("cold", "At 100 a day"), ("engine", "The engine alone, CPU ms")):
        if name in serving:
            found.append(_table(title, serving[name] if name == "memory" else {"": serving[name]}))
    for name, title in (
        ("costs", "One of each, of an account of 500 posts"),
        ("training", "Training the global model"),
        ("pictures", "Measuring a cover of 12 megapixels"),
    ):
        if name in figures:
            found.append(_table(title, figures[name]))
    if "soak" in figures:
        found.append(("Soak", ["", "value"], [[name, str(value)] for name, value in figures["soak"].items()]))
    return found


def _table(title: str, rows: dict[str, dict[str, Any]]) -> tuple[str, list[str], list[list[str]]]:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return title, ["", *columns], [[name, *_shown(row, columns)] for name, row in rows.items()]


def _shown(row: dict[str, Any], columns: Any) -> list[str]:
    return [f"{row[column]:g}" if column in row else "" for column in columns]


def show(figures: dict[str, Any]) -> None:
    """Print the tables and then the document; write it to the file that OUT names."""
    for title, columns, rows in tables(figures):
        table = Table(*columns, title=title)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    document = json.dumps(figures)
    if path := os.environ.get("OUT"):
        Path(path).write_text(document + "\n")
    print(document)


def markdown(path: Path) -> str:
    """Return a document's tables as Markdown, for docs/performance.md."""
    figures = json.loads(path.read_text())
    told = ", ".join(f"{name} {value}" for name, value in figures["machine"].items())
    lines = [f"Machine: {told}; seed {figures['seed']}, scale {figures['scale']:g}.", ""]
    for title, columns, rows in tables(figures):
        lines += [f"**{title}**", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
    return "\n".join(lines)
