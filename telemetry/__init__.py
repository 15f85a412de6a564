"""Liveness, readiness, metrics, and answers kept to be repeated; must not import accounts, posts or predictions."""
