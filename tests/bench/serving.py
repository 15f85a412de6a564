"""What a forecast costs, over HTTP: at rates that issue and user name, and at the highest rate that holds.

Targets take turns in every run, so that a busy machine slows all alike; each figure is the median of the runs.
"""

import io
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import requests as http

from tests.bench import machine
from tests.bench.offered import Generator, Offered, Request, Target
from tests.bench.people import Person, make_people
from tests.bench.stack import FRONT, Stack, start_serving, start_to_first_answer

RATES = {"14/s": 14.0, "140/s": 140.0}
"""50,000 an hour, and ten times that."""

RUNS = 3
SECONDS, STEP_SECONDS, WARM_UP_SECONDS = 6.0, 4.0, 3.0
"""Of a run, of a try in the search for the highest rate, and of what is not counted before."""
PICTURE_PX = (1080, 1920)
IDLE_S = 61
"""After which a connection to the database is opened anew (CONN_MAX_AGE)."""
BOUNDARY = "postcast-bench"
FORECASTS = ("text", "advice", "picture")
WORDS = (
    "sunset", "pier", "morning", "recipe", "studio", "behind", "scenes", "which",
    "pick", "dance", "city", "night", "coffee", "winter", "new", "train",
)  # fmt: skip


def targets(people: list[Person], seed: int) -> dict[str, Target]:
    """Return {name: target}; every request is another person's, and no caption comes twice."""
    from tests.bench.pictures import encoded, photo

    draw = random.Random(seed)
    picture = encoded(photo(*PICTURE_PX), "JPEG")
    order = draw.sample(people, len(people))

    def draft(person: Person, **asked: Any) -> bytes:
        text = (
            " ".join(draw.choices(WORDS, k=draw.randrange(4, 18))) + f" {draw.randrange(10**6)} #{draw.choice(WORDS)}"
        )
        return json.dumps({"account_id": person.account_id, "post": {"text": text, "duration_s": 20}, **asked}).encode()

    def headers(person: Person, kind: str = "application/json") -> dict[str, str]:
        return {**FRONT, "Authorization": f"Bearer {person.token}", "Content-Type": kind}

    def everybody(path: str, make: Callable[[Person], tuple[dict[str, str], bytes]]) -> list[Request]:
        return [Request(path, *make(person)) for person in order]

    def form(person: Person) -> tuple[dict[str, str], bytes]:
        body = io.BytesIO()
        for head, content in (
            ('name="payload"', draft(person, suggest=False)),
            ('name="media"; filename="cover.jpg"\r\nContent-Type: image/jpeg', picture),
        ):
            body.write(f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n")
        body.write(f"--{BOUNDARY}--\r\n".encode())
        return headers(person, f"multipart/form-data; boundary={BOUNDARY}"), body.getvalue()

    def plain(person: Person) -> tuple[dict[str, str], bytes]:
        return headers(person), draft(person, suggest=False)

    def nobody(person: Person) -> tuple[dict[str, str], bytes]:
        return {**FRONT, "Content-Type": "application/json"}, draft(person, suggest=False)

    predict = "/api/v1/predict"
    return {
        "text": Target("postcast", everybody(predict, plain)),
        "advice": Target(
            "postcast", everybody(predict, lambda p: (headers(p), draft(p, suggest=True, explain=True)))
        ),
        # a hundred people's: the pictures would fill the generator's memory
        "picture": Target("postcast", [Request(predict, *form(person)) for person in order[:100]]),
        "authenticated": Target("postcast", everybody("/api/v1/bench/authenticated", plain)),
        "anonymous": Target("postcast", everybody("/api/v1/bench/anonymous", nobody)),
        "bare": Target("bare", everybody("", nobody)),
        "fastapi": Target("fastapi", everybody("", plain)),
        "bentoml": Target("bentoml", everybody("", plain)),
    }  # fmt: skip


def prepare(stack: Stack, accounts: int, seed: int) -> tuple[list[Person], dict[str, Target]]:
    """Store the people, start every server, and warm all of them up."""
    model = stack.folder / "model.bin"
    people = make_people(accounts, seed, model, stack.postgres.url)
    start_serving(stack)
    asked = targets(people, seed)
    first = asked["text"].requests[0]
    # the other servers store rows like one of Postcast's
    http.post(stack.urls["postcast"] + first.path, first.body, headers=first.headers, timeout=30).raise_for_status()
    stack.add_bare()
    stack.add_compared(model)
    return people, asked


def measure(stack: Stack, asked: dict[str, Target], scale: float) -> dict[str, Any]:
    """Return {"rates": {target: {rate: figures}}, "highest": {target: figures}, "cold": figures, ...}."""
    seconds = max(2.0, SECONDS * scale)
    with Generator() as generator:
        for target in asked.values():
            generator.offer(stack, target, rate=14, seconds=WARM_UP_SECONDS)
        rows: dict[str, dict[str, list[Offered]]] = {name: {rate: [] for rate in RATES} for name in asked}
        for _ in range(RUNS):
            for label, rate in RATES.items():
                for name, target in asked.items():
                    rows[name][label].append(generator.offer(stack, target, rate=rate, seconds=seconds))
        rates = {name: {label: median(runs) for label, runs in of.items()} for name, of in rows.items()}
        highest: dict[str, dict[str, float]] = {}
        for name, target in asked.items():
            rate, held = generator.highest_rate(
                stack, target, guess=guess(rates[name]["140/s"]), seconds=max(2.0, STEP_SECONDS * scale)
            )
            highest[name] = held.figures() if held else {"offered_per_s": rate}
    return {"rates": rates, "highest": highest, "ratios": ratios(rates, highest)}


def guess(figures: dict[str, float]) -> float:
    """Return a rate to begin the search with: what the cores would serve by the CPU of a request and of its sender."""
    cores = float(machine.describe()["cores"])
    return 1000 * cores / (figures["cpu_ms"] + figures["generator_cpu_ms"] or 1)


def median(runs: list[Offered]) -> dict[str, float]:
    """Return the median of each figure over the runs."""
    rows = [run.figures() for run in runs]
    return {name: round(statistics.median(row[name] for row in rows), 5) for name in rows[0]}


def ratios(rates: dict[str, dict[str, dict[str, float]]], highest: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the targets' ratios: by CPU per request at 14/s, which noise hardly moves, and by the highest rate."""
    pairs = {
        "text_to_authenticated": ("text", "authenticated"),
        "authenticated_to_bare": ("authenticated", "bare"),
        "authenticated_to_anonymous": ("authenticated", "anonymous"),
        "text_to_fastapi": ("text", "fastapi"),
        "text_to_bentoml": ("text", "bentoml"),
    }
    found = {}
    for name, (one, other) in pairs.items():
        slow, quick = rates[one]["14/s"]["cpu_ms"], rates[other]["14/s"]["cpu_ms"]
        found[f"{name}_by_cpu"] = round(quick / slow, 3) if slow else 0.0
        most = highest[other]["offered_per_s"]
        found[f"{name}_by_rate"] = round(highest[one]["offered_per_s"] / most, 3) if most else 0.0
    return found


def at_100_a_day(stack: Stack, asked: dict[str, Target]) -> dict[str, float]:
    """Return what somebody waits who asks first after a start, or after idleness: of 100 a day nearly everybody."""
    first = asked["text"].requests[0]
    starts = [start_to_first_answer(stack, first.path, first.headers, first.body) for _ in range(RUNS)]
    figures = {name: round(statistics.median(each[name] for each in starts), 3) for name in starts[0]}
    time.sleep(IDLE_S)
    waits = []
    for request in asked["text"].requests[:RUNS]:
        began = time.perf_counter()
        http.post(stack.urls["postcast"] + request.path, request.body, headers=request.headers, timeout=30)
        waits.append((time.perf_counter() - began) * 1000)
    return figures | {"after_idleness_ms": round(waits[0], 1), "then_ms": round(statistics.median(waits[1:]), 1)}


def memory(stack: Stack) -> dict[str, dict[str, float]]:
    """Return {process: MiB}: gunicorn's workers (the largest), its parent, and the others' sums."""
    of = {pid: machine.memory_mib(pid) for pid in stack.web_workers()}
    rows = {"web worker": max(of.values(), key=lambda each: each["pss_mib"])}
    rows["web parent"] = machine.memory_mib(stack.roots("web")[0])
    for name in (
        "postgres",
        "redis",
        "proxy",
        *(each for each in stack.processes.running if each.startswith("worker")),
    ):
        parts = [machine.memory_mib(pid) for pid in machine.tree(stack.roots(name))]
        rows[name] = {key: round(sum(part[key] for part in parts), 1) for key in parts[0]}
    return rows
