"""Dollars an hour for a rate of forecasts, on containers (ALB and Fargate) and on functions (API Gateway and Lambda).

Database, cache, workers and NAT are the same for both: Celery's workers do not run as functions. Sizes grow in steps,
as they are sold. What is assumed and not measured stands here as constants; docs/costs.md lists it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from telemetry.costs.measurement import Measurement, Work
from telemetry.costs.prices import Instance, Prices

HOUR_S = 3600
GB = 1e9
GIB = 2**30
UTILISATION = 0.6
"""Share of a vCPU that is planned to be used; a vCPU is taken to do what a core of the measured machine does."""
WEB_TASK_VCPU = 0.5
WEB_TASKS_AT_LEAST = 2
WORKER_TASKS = ((0.5, 1.0), (0.5, 1.0), (0.5, 2.0), (0.25, 0.5))
"""(vCPU, GiB) of worker-soon, worker-outside, worker-learning and beat, each once."""
KEPT_MONTHS = 12
"""Months that a forecast, or a post's counts, stay: while the account is used."""
IDLE_S = 600
"""An idle function is kept for that long, says experience; AWS promises nothing."""
FUNCTION_LIVES_S = 2 * HOUR_S
IMAGE_START_S = 2.0
"""To fetch and start a container image that the region has cached; cannot be measured here."""
MONTH = {"look": 30 * 24, "observation": 20 * 5, "learning": 20 * 6, "refresh": 4}
"""Work for an account in a month in which it publishes 20 posts: a look each hour, five observations of each post,
weights learned after each of those and each new post, all posts read weekly."""
POSTS_A_MONTH = 20

RATES = {
    "100 a day": 100 / 24,
    "50,000 an hour": 50_000.0,
    "500,000 an hour": 500_000.0,
    "50,000,000 an hour": 50_000_000.0,
}
"""Forecasts an hour."""
Parts = dict[str, float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars an hour at a rate, by part; `fixed` is what no request at all would cost."""

    an_hour: float
    parts: Parts
    fixed: float

    @property
    def a_day(self) -> float:
        """Dollars of 24 hours."""
        return 24 * self.total

    @property
    def total(self) -> float:
        """Dollars of an hour."""
        return sum(self.parts.values())

    def per_thousand(self, dollars: float) -> float:
        """Return the share of dollars an hour that a thousand forecasts bear."""
        return dollars / self.an_hour * 1000


@dataclass(frozen=True, slots=True)
class CostModel:
    """A measurement with prices."""

    measured: Measurement
    prices: Prices

    def containers(self, an_hour: float) -> Cost:
        """Return the cost of so many forecasts an hour behind a load balancer, on at least two tasks."""
        return self._cost(self._containers, an_hour)

    def serverless(self, an_hour: float) -> Cost:
        """Return the cost of so many forecasts an hour as functions."""
        return self._cost(self._serverless, an_hour)

    def crossing(self) -> float:
        """Return the forecasts an hour from which on containers stay cheaper; infinite if they never do."""
        rates = [10 ** (step / 200) for step in range(200 * 9)]
        dearer = [rate for rate in rates if self.containers(rate).total >= self.serverless(rate).total]
        return math.inf if dearer and dearer[-1] == rates[-1] else max(dearer, default=0.0)

    def cold_share(self, an_hour: float) -> float:
        """Return the share of requests that a new function answers: none was kept, or the one before grew too old.

        Arrivals are taken as Poisson: none within `IDLE_S` has the probability exp(-rate * IDLE_S).
        """
        rate = an_hour / HOUR_S
        return min(1.0, math.exp(-rate * IDLE_S) + self._warm_s() / FUNCTION_LIVES_S)

    def cold_answer_s(self) -> float:
        """Return the seconds to the first answer of a new function, of which the image's start is assumed."""
        return IMAGE_START_S + self.measured.start.whole_s

    def marginal(self, kind: Callable[[float], Cost]) -> Parts:
        """Return the dollars that a thousand forecasts more an hour add to each part, where sizes grow smoothly.

        The slope between a rate so high that steps do not matter, and twice that.
        """
        low, high = kind(1e8), kind(2e8)
        return {part: (high.parts[part] - low.parts[part]) / 1e8 * 1000 for part in high.parts}

    def account_month(self) -> float:
        """Return the dollars of what an account needs in a month, without forecasts."""
        work = sum(times * self.of_work(getattr(self.measured, name)) for name, times in MONTH.items())
        posts = POSTS_A_MONTH / self.measured.first_refresh.posts * self.measured.first_refresh.stored_bytes
        return work + self._storage(posts)

    def of_work(self, work: Work) -> float:
        """Return the dollars of the CPU time of one piece of work in a worker, and of what it stores."""
        largest = self.prices.database.instances[-1]
        database = work.database_cpu_s * largest.hour / largest.vcpu
        return (work.cpu_s * self._task(1, 2) + database) / UTILISATION / HOUR_S + self._storage(work.stored_bytes)

    def _cost(self, parts: Callable[[float], Parts], an_hour: float) -> Cost:
        return Cost(an_hour, parts(an_hour), sum(parts(0).values()))

    def _containers(self, an_hour: float) -> Parts:
        measured, prices, rate = self.measured, self.prices, an_hour / HOUR_S
        gib = max(2 * WEB_TASK_VCPU, math.ceil((measured.memory.server_mib + measured.memory.worker_own_mib) / 1024))
        tasks = max(WEB_TASKS_AT_LEAST, math.ceil(rate * measured.forecast.cpu_s / UTILISATION / WEB_TASK_VCPU))
        balancer = prices.load_balancer
        # as if each client opened a connection for each forecast
        connections = rate / balancer.lcu_connections_a_second
        units = max(connections, an_hour * measured.forecast.sent_bytes / GB / balancer.lcu_gb_hour)
        return {
            "web": tasks * self._task(WEB_TASK_VCPU, gib),
            "way in": balancer.hour + units * balancer.lcu_hour,
            **self._shared(an_hour),
        }

    def _serverless(self, an_hour: float) -> Parts:
        prices = self.prices
        billed = self._warm_s() + self.cold_share(an_hour) * self.measured.start.whole_s
        memory = prices.lambda_.mib_of_a_vcpu / 1024
        shared = self._shared(an_hour)
        database = self._size(prices.database.instances, an_hour, self.measured.forecast.database_cpu_s)
        # each function holds a connection of its own, more than PostgreSQL takes
        proxy = max(2, database[0].vcpu * database[1]) * prices.database_proxy.vcpu_hour
        return {
            "web": an_hour * (billed * memory * prices.lambda_.gib_second + prices.lambda_.million_requests / 1e6),
            "way in": an_hour * prices.api_gateway.million_requests / 1e6,
            **shared,
            "database": shared["database"] + proxy,
        }

    def _shared(self, an_hour: float) -> Parts:
        forecast, prices = self.measured.forecast, self.prices
        databases, caches = prices.database.instances, prices.cache.instances
        return {
            "database": self._rent(databases, an_hour, forecast.database_cpu_s),
            "cache": self._rent(caches, an_hour, forecast.cache_cpu_s),
            "workers": sum(self._task(vcpu, gib) for vcpu, gib in WORKER_TASKS),
            "NAT": prices.network.nat_hour,
            "traffic": an_hour * forecast.sent_bytes / GB * prices.network.out_gb,
            "logs": an_hour * forecast.log_bytes / GB * prices.logs.gb,
            "storage": self._storage(an_hour * forecast.stored_bytes),
        }

    def _warm_s(self) -> float:
        """Seconds that a warm function is billed for a forecast: its CPU, and waiting for the databases' at least."""
        forecast = self.measured.forecast
        return forecast.cpu_s + forecast.database_cpu_s + forecast.cache_cpu_s

    def _task(self, vcpu: float, gib: float) -> float:
        return vcpu * self.prices.fargate.vcpu_hour + gib * self.prices.fargate.gib_hour

    def _storage(self, stored_bytes: float) -> float:
        """Dollars of keeping so many bytes for `KEPT_MONTHS`."""
        return stored_bytes / GIB * self.prices.database.gib_month * KEPT_MONTHS

    def _rent(self, instances: Sequence[Instance], an_hour: float, cpu_s: float) -> float:
        instance, count = self._size(instances, an_hour, cpu_s)
        return instance.hour * count

    @staticmethod
    def _size(instances: Sequence[Instance], an_hour: float, cpu_s: float) -> tuple[Instance, int]:
        """Return the smallest instance that does the work, or how many of the largest."""
        needed = an_hour / HOUR_S * cpu_s / UTILISATION
        for instance in instances:
            if needed <= instance.vcpu * instance.sustained:
                return instance, 1
        largest = instances[-1]
        return largest, math.ceil(needed / largest.vcpu / largest.sustained)
