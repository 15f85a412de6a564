"""Insights: which habits go with more likes on an account, how sure that is, and how the account stands.

May import forecasts, outcomes, benchmarks, suggestions, learning, the engine and the models.
"""
