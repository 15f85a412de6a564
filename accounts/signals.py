"""Signals that other apps may receive."""

from django.dispatch import Signal

# Sent after the commit of every sign-in or connection with TikTok, with `account_id` (the primary key).
account_connected = Signal()

# Sent after the commit of every choice of an account's time zone, with `account_id` (the primary key).
time_zone_chosen = Signal()

# Sent with `account_id` (the primary key) inside the transaction that stores that TikTok ended the access to it.
access_lost = Signal()

# Sent with `seat` inside the transaction that gives it to a person who accepted its invitation.
seat_taken = Signal()

# Sent with `seat` inside the transaction that closes it, whoever asked for that.
seat_closed = Signal()

# Sent with `notice` inside the transaction that writes it, for the ways in which people are told beside the app.
noticed = Signal()
