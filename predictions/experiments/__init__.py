"""Experiments of creators: an arm drawn for each post, outcomes, and what they say.

May import outcomes, learning, versions, the engine and the models.
"""
