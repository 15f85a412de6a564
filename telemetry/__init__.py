"""Health, metrics, requests, traces, answers kept to be repeated; must not import accounts, posts or predictions."""
