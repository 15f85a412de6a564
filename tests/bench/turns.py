"""Time several ways to the same thing in this process, in turn, so that a busy machine slows all alike."""

WARM_UP = 20
