"""What an account's own posts tell: which habits go with more likes, and how sure that is.

May import outcomes, benchmarks, suggestions, learning, the engine and the models.
"""
