"""Service levels and alerts as code; the files in deploy/monitoring are rendered from them (`manage.py monitoring`).

May import `telemetry` alone. Rooms report their figures through `telemetry.service_levels.gauges`.
"""
