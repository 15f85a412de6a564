"""Hashtags that rise among the accounts whose people agree to learning. May import `ingest`, `models` and `content`."""
