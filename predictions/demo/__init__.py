"""A simulated creator whom everybody may try the product on: nothing is read of a visitor, nothing is written.

May import every other room.
"""
