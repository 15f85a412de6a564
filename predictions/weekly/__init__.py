"""The week of an account: what was published, which results came, what is planned; told each Monday morning.

May import plan, outcomes and below. Computed when somebody looks; the notice keeps the figures that it told.
"""
