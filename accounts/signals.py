"""Signals that other apps may receive."""

from django.dispatch import Signal

# Sent after the commit of every sign-in or connection with TikTok, with `account_id` (the primary key).
account_connected = Signal()
