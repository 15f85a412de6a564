"""What other apps may listen to."""

from django.dispatch import Signal

# Sent after the commit of every sign-in or connection with TikTok, with `account_id` (the primary key).
account_connected = Signal()

# Sent when a person no longer wants the text of drafts and captions kept, with `user_id` (the primary key): inside the
# transaction that records the choice, so that the texts go with it or not at all.
texts_unwanted = Signal()
