"""Long proofs: kills, faults, leaks. `make prove` runs them; `SEED=` and `SCALE=` change them."""

import os

SEED = int(os.environ.get("SEED", "1"))
# 1 is what the figures in the docs were made with; 0.1 is a quick look, 10 is a night
SCALE = float(os.environ.get("SCALE", "1"))


def scaled(count: int) -> int:
    """How many repetitions at this SCALE, at least one."""
    return max(1, round(count * SCALE))
