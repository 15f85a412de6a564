"""Liveness, readiness and metrics; must not import accounts, posts or predictions."""
