"""Forecasts of drafts: the composer, the forecast pages and the API, from the request to the recorded answer.

May import outcomes, training, learning, versions, the engine and the models.
"""
