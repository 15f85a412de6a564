"""Captions written with a creator: candidates for a brief, in the creator's own words, ranked and explained.

May import forecasts, the engine, the models and privacy. `writing` is pure and knows no Django.
"""
