"""How good a model is: backtests, the comparison before a promotion, drift.

May import all of the engine.
"""
