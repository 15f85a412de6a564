"""Background work of the access trail."""

from celery import shared_task

from privacy.trail import anchors, chain, keys


@shared_task
def seal_trail() -> None:
    """Chain the events that were written since. Beat, every minute."""
    chain.seal()


@shared_task
def anchor_trail() -> None:
    """Write the head of the chain down outside of the database. Beat, hourly."""
    anchors.drop_anchor()


@shared_task
def watch_trail() -> None:
    """Log an error where seals or anchors are late, or a person's key is not theirs. Beat, hourly."""
    chain.watch_sealing()
    anchors.watch_anchors()
    keys.watch_keys()
