"""Exploration: on request, one idea for a draft that is off the account's usual way.

May import forecasts, suggestions, reports, the engine and the models.
"""
