"""Reads of feedback."""

from django.db.models import QuerySet

from predictions.models import Feedback, Prediction


def subjects_of(prediction: Prediction) -> tuple[str, ...]:
    """Return the parts of the forecast that feedback can be about: so far the forecast alone."""
    return (Feedback.FORECAST,)


def feedback_on(prediction: Prediction) -> QuerySet[Feedback]:
    """Return all feedback on the forecast, by subject."""
    return Feedback.objects.filter(prediction=prediction.pk).order_by("subject")


def feedback_on_forecast(prediction: Prediction) -> Feedback | None:
    """Return the feedback on the forecast as a whole, if there is any."""
    return feedback_on(prediction).filter(subject=Feedback.FORECAST).first()
