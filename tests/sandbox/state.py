"""The state that survives a restart of the sandbox, in one JSON file."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.sandbox.clock import Clock
from tests.sandbox.simulation.effects import Shift
from tests.sandbox.simulation.growth import DAY
from tests.sandbox.wire.grants import Grant

FORMAT = 1


@dataclass(frozen=True)
class Published:
    """A post that the control API made a creator publish."""

    id: int
    creator: str
    caption: str
    duration_s: int
    posted_at: int
    cover: tuple[float, float, float]


@dataclass
class State:
    """Everything about the sandbox that does not follow from the seed."""

    seed: int
    epoch: int
    clock: Clock
    grants: list[Grant] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    deleted: set[int] = field(default_factory=set)
    falls: dict[int, float] = field(default_factory=dict)  # post id -> share of its counts taken away
    shifts: list[Shift] = field(default_factory=list)
    pinned: list[int] = field(default_factory=list)  # listed first
    unlisted: set[int] = field(default_factory=set)  # counted, and not listed

    @classmethod
    def fresh(cls, seed: int, speed: float, epoch: int | None) -> "State":
        """Return a state without events; the epoch defaults to the last UTC midnight."""
        clock = Clock.starting_now(speed)
        return cls(seed, int(clock.now() // DAY) * DAY if epoch is None else epoch, clock)

    @classmethod
    def load(cls, path: Path, seed: int, speed: float) -> "State":
        """Load the state from a file; ValueError if it has another seed or format."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored["format"] != FORMAT:
                raise ValueError(f"format {stored['format']}, expected {FORMAT}")
            state = cls(
                seed=stored["seed"],
                epoch=stored["epoch"],
                clock=Clock(**stored["clock"]),
                grants=[Grant.from_dict(grant) for grant in stored["grants"]],
                published=[Published(**{**post, "cover": tuple(post["cover"])}) for post in stored["published"]],
                deleted=set(stored["deleted"]),
                falls={int(post): share for post, share in stored["falls"].items()},
                shifts=[Shift(**shift) for shift in stored["shifts"]],
                pinned=stored.get("pinned", []),
                unlisted=set(stored.get("unlisted", ())),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} is not a state file of this sandbox ({error}); delete it to start afresh"
            ) from error
        if state.seed != seed:
            raise ValueError(f"{path} belongs to seed {state.seed}, not {seed}; delete it or use --seed {state.seed}")
        state.clock.run_at(speed)
        return state

    def save(self, path: Path) -> None:
        """Write to a temporary file and rename it, so that a kill leaves the old file or the new one."""
        stored: dict[str, Any] = {
            "format": FORMAT,
            "seed": self.seed,
            "epoch": self.epoch,
            "clock": self.clock.as_dict(),
            "grants": [grant.as_dict() for grant in self.grants],
            "published": [asdict(post) for post in self.published],
            "deleted": sorted(self.deleted),
            "falls": self.falls,
            "shifts": [asdict(shift) for shift in self.shifts],
            "pinned": self.pinned,
            "unlisted": sorted(self.unlisted),
        }
        aside = path.with_suffix(path.suffix + ".new")
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.touch(mode=0o600)
        aside.write_text(json.dumps(stored), encoding="utf-8")
        os.replace(aside, path)
