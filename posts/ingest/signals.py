"""Signals that other apps may receive."""

from django.dispatch import Signal

# Sent with `account_id` (the primary key) after each commit that changes an account's posts, observations or measures.
# A hint that comes quickly: `PostsChange` in the database is the truth.
posts_changed = Signal()
