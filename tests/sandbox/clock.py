"""The sandbox's time: real time, which can be moved forward and made to run faster.

Content (posts, counts, cursors, cover addresses) lives in sandbox time. The protocol (codes, tokens, limits, webhook
signatures) lives in real time, as its clients do: moving the sandbox a day ahead does not expire their sign-ins.
"""

import time
from dataclasses import asdict, dataclass


@dataclass
class Clock:
    """Sandbox time is `sandbox_anchor` plus the real seconds since `wall_anchor`, times `speed`."""

    wall_anchor: float
    sandbox_anchor: float
    speed: float

    @classmethod
    def starting_now(cls, speed: float = 1.0) -> "Clock":
        """Return a clock set to the real time that runs `speed` times as fast."""
        wall = time.time()
        return cls(wall, wall, speed)

    def now(self) -> float:
        """Return sandbox time in seconds since 1970 (UTC)."""
        return self.sandbox_anchor + (time.time() - self.wall_anchor) * self.speed

    def advance(self, seconds: float) -> None:
        """Jump forward; ValueError if negative, because counts and posts that were served cannot be unseen."""
        if seconds < 0:
            raise ValueError("advance_s must not be negative: the sandbox's time only moves forward")
        self.sandbox_anchor += seconds

    def run_at(self, speed: float) -> None:
        """Run `speed` times as fast as real time from now on; 0 stops the clock."""
        if speed < 0:
            raise ValueError("speed must not be negative: the sandbox's time only moves forward")
        self.sandbox_anchor, self.wall_anchor = self.now(), time.time()
        self.speed = speed

    def as_dict(self) -> dict[str, float]:
        """Return the clock as a state file keeps it."""
        return asdict(self)
