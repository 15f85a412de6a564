"""Experiments of one account: two arms that are drawn at random, and when their difference is known.

May import the engine's types, data and effects; the advice does not depend on it.
"""
