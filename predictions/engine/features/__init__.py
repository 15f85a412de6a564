"""A draft's features from its account's history: one builder for training, backtest and serving.

May import `engine.data`.
"""
