"""A draft's features from its account's history, and the training rows made of them.

May import `engine.data`.
"""
