"""The first page of a signed-in person: the account at a glance.

May import every other room.
"""
