"""Histories as arrays, labels with the growth curve behind them, and training rows.

May import `engine.types` and `posts.content`.
"""
