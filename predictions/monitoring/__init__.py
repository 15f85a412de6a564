"""Drift: hourly tests of forecast errors, alarms that request retraining, and Prometheus gauges.

May import training, learning, versions, the engine and the models.
"""
