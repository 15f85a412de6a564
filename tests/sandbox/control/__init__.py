"""The control API under /_sandbox/: orders, faults, the request log, and the truth that only tests may know."""
