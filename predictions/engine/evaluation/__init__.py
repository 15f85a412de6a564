"""Quality of a model: backtests, the comparison before a promotion, drift.

May import all of the engine.
"""
