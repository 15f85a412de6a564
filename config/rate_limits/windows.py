"""Moving windows: never more than a limit's amount in any window of its length, for all processes together.

A window is the list of the moments that passed it. All windows of one check are looked at, and counted in, by one
script: either every one has room, or nothing is counted. Moments are Redis's own, so that clocks may differ.
While Redis is away each process counts alone, also what it let pass before: the service then lets pass at most the
limit times the number of its processes.
"""

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from config.rate_limits.shared import run_shared
from config.rate_limits.variables import Limit, Rate

MAX_LOCAL_WINDOWS = 2_000
"""Windows that a process keeps by itself; the one that was used longest ago makes room."""

_SCRIPT = """
-- whether what the caller is known by, in the process's memory, still holds
local marks = tonumber(ARGV[1])
for i = 1, marks do
  if redis.call('EXISTS', KEYS[i]) == 1 then return {-1} end
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local passes = 1
local answer = {}
local windows = #KEYS - marks
for i = 1, windows do
  local key = KEYS[marks + i]
  local amount, window, cost = tonumber(ARGV[3 * i - 1]), ARGV[3 * i] * 1000000, tonumber(ARGV[3 * i + 1])
  while true do
    local oldest = redis.call('LINDEX', key, -1)
    if not oldest or tonumber(oldest) > now - window then break end
    redis.call('RPOP', key)
  end
  if redis.call('LLEN', key) + cost > amount then passes = 0 end
end
for i = 1, windows do
  local key = KEYS[marks + i]
  local amount, window, cost = tonumber(ARGV[3 * i - 1]), ARGV[3 * i] * 1000000, tonumber(ARGV[3 * i + 1])
  if passes == 1 then
    for _ = 1, cost do redis.call('LPUSH', key, now) end
    redis.call('EXPIRE', key, ARGV[3 * i])
  end
  local count = redis.call('LLEN', key)
  -- the moment that has to leave before this much fits again; with passes, before the window is as it was
  local blocking = math.max(1, math.min(count, count + cost - amount))
  local leaves = redis.call('LINDEX', key, -blocking)
  answer[2 * i - 1] = math.max(0, amount - count)
  answer[2 * i] = leaves and math.ceil((tonumber(leaves) + window - now) / 1000) or 0
end
return {passes, unpack(answer)}
"""


@dataclass(frozen=True, slots=True)
class Charge:
    """So much of one subject's limit, e.g. one of `person:7`'s forecasts."""

    limit: Limit
    subject: str
    rate: Rate
    cost: int = 1

    @property
    def key(self) -> str:
        """Return the key in Redis."""
        return f"limit:{self.limit}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Standing:
    """State of a charge's window: the amount left, and the seconds until more is."""

    charge: Charge
    remaining: int
    reset_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether all charges were taken, and how their windows stand."""

    passes: bool
    standings: tuple[Standing, ...]

    @property
    def fullest(self) -> Standing:
        """Return the standing that a refusal rests on: the longest wait among those without room."""
        full = [each for each in self.standings if each.remaining < each.charge.cost]
        return max(full or self.standings, key=lambda each: each.reset_s)


class Marked(Exception):
    """Something of the caller changed: the process's memory of them may not hold (`config.rate_limits.remembered`)."""


class LocalWindows:
    """The same windows in this process's memory."""

    def __init__(self, most: int = MAX_LOCAL_WINDOWS) -> None:
        self._most = most
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, charges: Sequence[Charge]) -> Answer:
        """Take all charges, or none of them if one has no room."""
        now = time.monotonic()
        with self._lock:
            windows = [self._window(charge, now) for charge in charges]
            passes = all(
                len(window) + charge.cost <= charge.rate.amount for charge, window in zip(charges, windows, strict=True)
            )
            if passes:
                self._add(charges, windows, now)
            standings = zip(charges, windows, strict=True)
            return Answer(passes, tuple(_standing(charge, window, now) for charge, window in standings))

    def note(self, charges: Sequence[Charge]) -> None:
        """Count what Redis let pass, so that this process goes on from there when Redis goes away."""
        now = time.monotonic()
        with self._lock:
            self._add(charges, [self._window(charge, now) for charge in charges], now)

    def __len__(self) -> int:
        return len(self._windows)

    def _add(self, charges: Sequence[Charge], windows: Sequence[deque[float]], now: float) -> None:
        for charge, window in zip(charges, windows, strict=True):
            window.extend([now] * charge.cost)

    def _window(self, charge: Charge, now: float) -> deque[float]:
        window = self._windows.setdefault(charge.key, deque(maxlen=charge.rate.amount))
        self._windows.move_to_end(charge.key)
        while len(self._windows) > self._most:
            self._windows.popitem(last=False)
        while window and window[0] <= now - charge.rate.window_s:
            window.popleft()
        return window


def _standing(charge: Charge, window: deque[float], now: float) -> Standing:
    count, amount = len(window), charge.rate.amount
    blocking = max(1, min(count, count + charge.cost - amount))
    reset = window[blocking - 1] + charge.rate.window_s - now if window else 0.0
    return Standing(charge, max(0, amount - count), math.ceil(reset))


LOCAL = LocalWindows()


def take(charges: Sequence[Charge], mark: str | None = None) -> Answer:
    """Take all charges, or none of them if one has no room. One round trip to Redis.

    Raises Marked where `mark` is there, or cannot be looked for; nothing was taken then. Never another error.
    """
    marks = [mark] if mark else []
    arguments: list[int] = [len(marks)]
    for each in charges:
        arguments += (each.rate.amount, each.rate.window_s, each.cost)
    found = run_shared(_SCRIPT, [*marks, *(charge.key for charge in charges)], arguments)
    if marks and (found is None or found[0] == -1):
        raise Marked
    if found is None:
        return LOCAL.take(charges)
    passes, *figures = (int(value) for value in found)
    if passes:
        LOCAL.note(charges)
    standings = (
        Standing(charge, remaining, math.ceil(reset_ms / 1_000))
        for charge, remaining, reset_ms in zip(charges, figures[::2], figures[1::2], strict=True)
    )
    return Answer(bool(passes), tuple(standings))
