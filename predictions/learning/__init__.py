"""Learning each account: its state, kept up to date, and the errors of its forecasts.

May import versions, the engine and the models.
"""
