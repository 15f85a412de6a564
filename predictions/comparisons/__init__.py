"""Comparisons of drafts of one account: each forecast, and the chance that one beats another. Nothing is recorded.

May import forecasts and what those may import.
"""
