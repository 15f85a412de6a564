"""Links by which people show a forecast or a report to whoever has the address, read-only.

May import period_reports, forecasts, the models and privacy.
"""
