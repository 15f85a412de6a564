"""Forecasts of posts, learned from each account's history: one room for each subject.

May import accounts, posts, privacy and telemetry. The rooms' arrows, later ones importing earlier ones:
engine, models, versions, learning, (training, suggestions), (outcomes, benchmarks, monitoring), (experiments, reports),
forecasts, (feedback, comparisons, exploration).
"""
