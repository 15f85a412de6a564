"""The load generator: requests at a constant rate, whether or not earlier ones were answered (an open model).

It runs on the Python of tests/bench/tools.py as a program that reads a plan a line and writes a result a line. Locust's
HTTP client asks; the timetable is fixed before the first request, and a latency is counted from the moment at which its
request was due, so that a server that stalls is not spared the requests that would have come meanwhile (Gil Tene, "How
NOT to measure latency": coordinated omission). A request that is never answered in time counts as an error.
"""

# Locust patches the standard library on import: it comes first
from locust import FastHttpUser  # isort: skip

import base64
import json
import sys
import time
from typing import Any

import gevent
from gevent.pool import Pool
from locust.env import Environment

TIMEOUT_S = 10.0
MOST_CONNECTIONS = 500


class Generator(FastHttpUser):
    """Asks each request of a plan when it is due."""

    concurrency = MOST_CONNECTIONS
    network_timeout = connection_timeout = TIMEOUT_S
    max_retries = 0

    def offer(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Carry out a plan; return its result, both as `Generator` in tests/bench/offered.py describes them."""
        asked = [(each["path"], each["headers"], base64.b64decode(each["body"])) for each in plan["requests"]]
        count, rate = max(1, round(plan["rate"] * plan["seconds"])), plan["rate"]
        result: dict[str, Any] = {"due_s": [], "ms": [], "status": [], "late_ms": [], "ids": []}
        pool, used, start = Pool(), time.process_time(), time.perf_counter() + 0.05
        began_at = time.time() + 0.05

        def ask(number: int, due: float) -> None:
            path, headers, body = asked[number % len(asked)]
            late = time.perf_counter() - due
            with self.client.request(
                plan["method"], path, data=body, headers=headers, name="all", catch_response=True
            ) as response:
                status, text = response.status_code or 0, response.content or b""
                response.success()
            result["due_s"].append(due - start)
            result["ms"].append((time.perf_counter() - due) * 1000)
            result["late_ms"].append(late * 1000)
            result["status"].append(status)
            if plan["keep_ids"]:
                retry = response.headers.get("Retry-After") if response.headers else None
                result["ids"].append(_id_of(text) if status == 200 else f"Retry-After: {retry}")

        for number in range(count):
            due = start + number / rate
            if (wait := due - time.perf_counter()) > 0:
                gevent.sleep(wait)
            pool.spawn(ask, number, due)
        pool.join(timeout=2 * TIMEOUT_S)
        unanswered = count - len(result["ms"])
        return result | {
            "began_at": began_at,
            "unanswered": unanswered,
            "generator_cpu_s": time.process_time() - used,
            "seconds": max(plan["seconds"], *(result["due_s"] or [0])),
        }


def _id_of(text: bytes) -> str:
    try:
        return str(json.loads(text).get("prediction_id", ""))
    except ValueError:
        return ""


def main() -> None:
    """Carry out one plan after the other until there are no more."""
    for line in sys.stdin:
        plan = json.loads(line)
        environment = Environment(user_classes=[Generator], host=plan["url"])
        Generator.host = plan["url"]
        print(json.dumps(Generator(environment).offer(plan)), flush=True)


if __name__ == "__main__":
    main()
