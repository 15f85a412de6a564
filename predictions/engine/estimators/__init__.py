"""What is fitted: each estimator is one file.

May import `engine.data` and `engine.features`.
"""
