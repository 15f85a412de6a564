"""Background work of privacy; each task can be run twice without harm."""

from celery import shared_task

from privacy import erasing, exporting, purging, retention, trail


@shared_task
def extend_retention(user_id: int) -> None:
    """A person has signed in: their data is kept for another twelve months."""
    retention.extend(user_id=user_id)


@shared_task
def anchor_trail() -> None:
    """Beat, hourly: write the head of the access trail down outside of the database."""
    trail.drop_anchor()


@shared_task
def watch_trail() -> None:
    """Beat, hourly: raise an alarm where that has not worked for hours."""
    trail.watch_anchors()


@shared_task
def run_erasure(erasure_pk: int) -> None:
    """Take an erasure on from where it stands."""
    erasing.run(erasure_pk=erasure_pk)


@shared_task
def resume_erasures() -> None:
    """Beat, each minute: begin those whose time has come, and go on with those whose worker was lost."""
    erasing.resume_due()


@shared_task
def make_export(export_pk: int) -> None:
    """Make a person's copy of their data."""
    exporting.make(export_pk=export_pk)


@shared_task
def tend_exports() -> None:
    """Beat, each minute: begin anew those whose worker was lost."""
    exporting.resume()


@shared_task
def purge() -> None:
    """Beat, hourly: delete what has been kept for long enough."""
    purging.purge_all()


@shared_task
def watch_retention() -> None:
    """Beat, hourly: raise an alarm where that has not worked for hours."""
    purging.watch()
