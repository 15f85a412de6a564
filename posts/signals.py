"""What other apps may listen to."""

from django.dispatch import Signal

# Sent after the commit of anything that changes what is known of an account's posts (a page of a refresh, scheduled
# observations), with `account_id` (the primary key). `PostsChange` in the database is what is relied on; this only
# makes it quick.
posts_changed = Signal()
