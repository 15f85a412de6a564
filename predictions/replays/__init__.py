"""Proof from the first day: an account's latest posts, forecast as they would have been before publishing.

May import outcomes, training, learning, versions, the engine and the models.
"""
