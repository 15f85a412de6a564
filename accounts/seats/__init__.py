"""Seats at an account: its owner invites people as viewers or editors; may import linked, models and privacy.

Everything is the owner's alone unless a view asks here: `open_account`, `choose_seen_account` or `seen_by`. What a
member opens is recorded in the owner's trail, and only the owner's consent counts.
"""
