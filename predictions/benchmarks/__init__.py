"""Usual figures of accounts of one size, released once a quarter with noise.

May import training, learning, versions, the engine and the models.
"""
