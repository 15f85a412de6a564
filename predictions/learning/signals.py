"""Signals that later rooms may receive."""

from django.dispatch import Signal

# Sent with `account_id` (the primary key) after each commit that replaces an account's weights. A hint that comes
# quickly: the rows in the database are the truth.
weights_learned = Signal()
