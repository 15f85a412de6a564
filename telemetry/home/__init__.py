"""The staff's home page: what needs somebody now, and a panel of each room, which the rooms register.

May import the other rooms of telemetry.
"""
