"""Delays that double with each failed try of a secret, by name and by address; nobody waits in a request for one.

A try is counted as failed before the secret is looked at, and taken back if it was right: tries that come at once, and
a process that dies, cannot get around the count. During a delay a right secret is refused like a wrong one, or the
refusal would tell which it is. One secret is looked at at a time, in all of the service: hashing is slow by design.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from config.rate_limits.shared import run_shared

FORGET_S = 24 * 3_600
"""Time after the last try, for which failures count."""
LONGEST_DELAY_S = 15 * 60
SLOT_S = 5
"""Time after which the place of a process that died while it hashed is free again."""
BUSY_WAIT_S = 1
MAX_LOCAL = 2_000

_BEGIN = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = 0
for i = 2, #KEYS do
  wait = math.max(wait, tonumber(redis.call('HGET', KEYS[i], 'until') or 0) - now)
end
if wait > 0 then return {wait, 0} end
if not redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then return {tonumber(ARGV[2]), 0} end
local most = 0
for i = 2, #KEYS do
  local failures = redis.call('HINCRBY', KEYS[i], 'failures', 1)
  local beyond = failures - tonumber(ARGV[i + 3])
  local delay = beyond > 0 and math.min(1000 * 2 ^ math.min(beyond - 1, 30), tonumber(ARGV[3])) or 0
  redis.call('HSET', KEYS[i], 'until', string.format('%.0f', now + delay))
  redis.call('EXPIRE', KEYS[i], ARGV[4])
  most = math.max(most, failures)
end
return {0, most}
"""
_RIGHT = """
redis.call('DEL', KEYS[1], KEYS[2])
for i = 3, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('HINCRBY', KEYS[i], 'failures', -1)
    redis.call('HSET', KEYS[i], 'until', 0)
  end
end
return 1
"""
_WRONG = "return redis.call('DEL', KEYS[1])"


@dataclass(frozen=True, slots=True)
class Trier:
    """A name or address that tries, and how often it may fail before the first delay."""

    subject: str
    free: int


def delay_s(failures: int, free: int) -> float:
    """Return the seconds to wait after so many failures: none for the first `free`, then 1, 2, 4, ... up to 900."""
    return min(2.0 ** min(failures - free - 1, 30), LONGEST_DELAY_S) if failures > free else 0.0


class LocalDelays:
    """The same delays in this process's memory, while Redis is away."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._hashing = False
        self._lock = threading.Lock()

    def begin(self, keys: list[str], free: list[int]) -> float:
        """Return 0.0 and count a failure for each key, or the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            wait = max(self._tries.get(key, (0, 0.0))[1] - now for key in keys)
            if wait > 0:
                return wait
            if self._hashing:
                return BUSY_WAIT_S
            self._hashing = True
            for key, allowed in zip(keys, free, strict=True):
                failures = self._tries.get(key, (0, 0.0))[0] + 1
                self._tries[key] = (failures, now + delay_s(failures, allowed))
                self._tries.move_to_end(key)
            while len(self._tries) > MAX_LOCAL:
                self._tries.popitem(last=False)
            return 0.0

    def __len__(self) -> int:
        return len(self._tries)

    def end(self, keys: list[str], *, right: bool) -> None:
        """Let the next one try; after a right secret forget the first key's failures, and take this one from others."""
        with self._lock:
            self._hashing = False
            if not right:
                return
            self._tries.pop(keys[0], None)
            for key in keys[1:]:
                self._tries[key] = (max(0, self._tries.get(key, (1, 0.0))[0] - 1), 0.0)


LOCAL = LocalDelays()


class Try:
    """One try of a secret: `wait_s` is 0.0 where it may be looked at; then `end` must follow."""

    def __init__(self, secret: str, triers: list[Trier]) -> None:
        self._slot = f"limit:{secret}:slot"
        self._keys = [f"limit:{secret}:failures:{each.subject}" for each in triers]
        free = [each.free for each in triers]
        arguments = [SLOT_S * 1_000, BUSY_WAIT_S * 1_000, LONGEST_DELAY_S * 1_000, FORGET_S, *free]
        found = run_shared(_BEGIN, [self._slot, *self._keys], arguments)
        self._local = found is None
        self.wait_s = LOCAL.begin(self._keys, free) if found is None else int(found[0]) / 1_000

    def end(self, *, right: bool) -> None:
        """Forget the first trier's failures after a right secret, and take this one back from the others."""
        if self._local:
            LOCAL.end(self._keys, right=right)
        else:
            run_shared(_RIGHT if right else _WRONG, [self._slot, *self._keys], [])
