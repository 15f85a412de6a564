"""Outcomes of forecasts: matching posts to drafts, errors, and an account's track record.

May import training, learning, versions, the engine and the models.
"""
