"""Tell of an account's week each Monday morning: what was published, how right forecasts were, what is planned.

May import period_reports, plan, outcomes and below. The notice keeps the figures that it told.
"""
