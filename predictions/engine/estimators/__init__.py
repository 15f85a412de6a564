"""Fitted parts of a model: each estimator is one file.

May import `engine.data` and `engine.features`.
"""
