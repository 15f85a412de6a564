"""Drafts that are kept and planned: the calendar, and each draft's page.

May import forecasts, comparisons, suggestions, outcomes, learning, the engine and the models.
"""
