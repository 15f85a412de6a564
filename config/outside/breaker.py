"""Leave a host alone that keeps failing, and let one call at a time find out whether it is back.

Closed: calls pass; `FAILURES` in a row, without a success between them, open it. Open: no call passes for `REST_S`.
Half-open: one call passes, whichever worker makes it; its success closes the breaker, its failure opens it for twice
as long, up to `LONGEST_REST_S`. The state is in Redis, for all workers; in memory while Redis is away.
"""

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from prometheus_client import Counter

from config.outside import shared
from config.outside.errors import HostResting

FAILURES = 10
WITHIN_S = 60
"""Failures further apart than this are not in a row."""
REST_S = 5.0
LONGEST_REST_S = 60.0
PROBE_PAUSE_S = 1.0
"""What calls are asked to wait while another one tries the host."""
FORGET_S = 3600
PREFIX = "outside:"
OPENED = Counter("postcast_breaker_opened_total", "Times that a host was left alone after failures.", ["host"])

# KEYS: failures, trips, resting, probe. Answers {milliseconds left to rest, 1 if this call is the probe}.
_ENTER = """
local resting = redis.call('PTTL', KEYS[3])
if resting > 0 then return {resting, 0} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {0, 0} end
if redis.call('SET', KEYS[4], '1', 'NX', 'PX', ARGV[1]) then return {0, 1} end
return {ARGV[2], 0}
"""
_LEAVE = """
if ARGV[1] == '1' then redis.call('DEL', unpack(KEYS)) return 0 end
local tripped = redis.call('EXISTS', KEYS[2]) == 1
if tripped and ARGV[2] == '0' then return 0 end
if not tripped then
  local failures = redis.call('INCR', KEYS[1])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  if failures < tonumber(ARGV[4]) then return 0 end
end
local trips = redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('SET', KEYS[3], '1', 'PX', math.min(ARGV[5] * 2 ^ (trips - 1), ARGV[6]))
redis.call('DEL', KEYS[1], KEYS[4])
return 1
"""


@dataclass
class _Local:
    """One host's state in this process; moments are of the monotonic clock."""

    failures: int = 0
    last_failure: float = 0.0
    trips: int = 0
    rests_until: float = 0.0
    probe_until: float = 0.0


@dataclass
class _Locals:
    hosts: dict[str, _Local] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def of(self, name: str) -> _Local:
        if len(self.hosts) > 1000:
            self.hosts.clear()
        return self.hosts.setdefault(name, _Local())


_local = _Locals()


class Pass:
    """Permission for one call to a host; tell it with `leave` how the call went."""

    def __init__(self, name: str, *, probe: bool) -> None:
        self.name = name
        self.probe = probe

    def leave(self, *, succeeded: bool) -> None:
        """Count the call's end: True if the host answered, whatever it answered short of a fault of its own."""
        shared.in_redis_or(lambda: self._leave_shared(succeeded), lambda: self._leave_local(succeeded))

    def _leave_shared(self, succeeded: bool) -> None:
        arguments = [int(succeeded), int(self.probe), WITHIN_S, FAILURES]
        times = [int(REST_S * 1000), int(LONGEST_REST_S * 1000), FORGET_S]
        if shared.client().eval(_LEAVE, 4, *_keys(self.name), *arguments, *times):
            OPENED.labels(self.name).inc()

    def _leave_local(self, succeeded: bool) -> None:
        with _local.lock:
            host, now = _local.of(self.name), time.monotonic()
            if succeeded:
                _local.hosts.pop(self.name, None)
                return
            if host.trips and not self.probe:
                # it began before the host was left alone
                return
            if not host.trips:
                host.failures = host.failures + 1 if now - host.last_failure < WITHIN_S else 1
                host.last_failure = now
                if host.failures < FAILURES:
                    return
            host.trips += 1
            host.rests_until = now + min(REST_S * 2 ** (host.trips - 1), LONGEST_REST_S)
            host.failures, host.probe_until = 0, 0.0
            OPENED.labels(self.name).inc()


def enter(name: str, *, longest_s: float) -> Pass:
    """Return the permission to call the host; raise HostResting while it is left alone or being tried.

    Parameters
    ----------
    name : the host, with whatever else sets its calls apart
    longest_s : seconds that the call takes at most; a probe that ends without a word is over after that
    """
    return shared.in_redis_or(lambda: _enter_shared(name, longest_s), lambda: _enter_local(name, longest_s))


def is_left_alone(name: str) -> bool:
    """Return whether calls to the host failed so often that it is left alone, and none has succeeded since."""
    return shared.in_redis_or(
        lambda: bool(shared.client().exists(f"{PREFIX}trips:{name}")),
        lambda: bool(_local.of(name).trips),
    )


def _enter_shared(name: str, longest_s: float) -> Pass:
    lease_ms = int(longest_s * 1000) + 1000
    answer: Any = shared.client().eval(_ENTER, 4, *_keys(name), lease_ms, int(PROBE_PAUSE_S * 1000))
    rest_ms, probe = (int(number) for number in answer)
    if rest_ms:
        raise HostResting(rest_ms / 1000)
    return Pass(name, probe=bool(probe))


def _enter_local(name: str, longest_s: float) -> Pass:
    with _local.lock:
        host, now = _local.hosts.get(name), time.monotonic()
        if host is None or not host.trips:
            return Pass(name, probe=False)
        if host.rests_until > now:
            raise HostResting(host.rests_until - now)
        if host.probe_until > now:
            raise HostResting(PROBE_PAUSE_S)
        host.probe_until = now + longest_s + 1
        return Pass(name, probe=True)


def _keys(name: str) -> list[str]:
    return [f"{PREFIX}{part}:{name}" for part in ("failures", "trips", "resting", "probe")]
