"""Idempotency keys: a repeated request is answered as the first time and does nothing; may import privacy."""
