"""Reads of feedback."""

from datetime import datetime, timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast

from predictions.models import Feedback, Prediction

INBOX_DAYS = 90
"""Older feedback has left the inbox, dealt with or not."""


def subjects_of(prediction: Prediction) -> tuple[str, ...]:
    """Return the parts of the forecast that feedback can be about: so far the forecast alone."""
    return (Feedback.FORECAST,)


def feedback_on(prediction: Prediction) -> QuerySet[Feedback]:
    """Return all feedback on the forecast, by subject."""
    return Feedback.objects.filter(prediction=prediction.pk).order_by("subject")


def feedback_on_forecast(prediction: Prediction) -> Feedback | None:
    """Return the feedback on the forecast as a whole, if there is any."""
    return feedback_on(prediction).filter(subject=Feedback.FORECAST).first()


def is_dealt_with() -> Exists:
    """Return a condition in SQL: staff marked the feedback of the outer row since it last changed.

    The admin's log is the mark: it says who did it and when, and goes with the person.
    """
    marks = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Feedback),
        action_flag=CHANGE,
        object_id=Cast(OuterRef("pk"), TextField()),
        action_time__gte=OuterRef("updated_at"),
    )
    return Exists(marks)


def open_feedback(now: datetime) -> QuerySet[Feedback]:
    """Return the feedback of the last days that nobody has dealt with."""
    return Feedback.objects.filter(~is_dealt_with(), updated_at__gt=now - timedelta(days=INBOX_DAYS))


def newest_open_feedback(now: datetime, count: int) -> QuerySet[Feedback]:
    """Return the newest of it, without people's words."""
    return open_feedback(now).defer("text").order_by("-updated_at")[:count]
