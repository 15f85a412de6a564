"""Everything that leaves the service: one HTTP client, its address guard, its breaker, readers of odd answers.

No other module opens connections outside (ruff's banned-api). Imports Django's settings, and no app.
"""
