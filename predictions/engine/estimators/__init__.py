"""Estimators and other fitted parameters, one to a file.

May import `engine.data` and `engine.features`.
"""
