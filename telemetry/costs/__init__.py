"""Cost: a measurement of the work, dated list prices, and what forecasts and accounts cost by them.

May import `telemetry` alone; apps report their counts through the signal `telemetry.signals.work_counted`.
"""
