"""Writes of feedback."""

from collections.abc import Sequence

from django.db import transaction

from predictions.feedback.selectors import subjects_of
from predictions.models import Feedback, Prediction
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import NoConsent, hold
from privacy.purposes import Purpose


class NoSuchSubject(ValueError):
    """The forecast has no such part for feedback to be about."""

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__(f"This prediction has no such part; feedback can be about: {', '.join(subjects)}.")


@transaction.atomic
def give_feedback(
    *, prediction: Prediction, verdict: str, reason: str, text: str = "", subject: str = Feedback.FORECAST
) -> tuple[Feedback, bool]:
    """Record feedback in place of earlier feedback on the same subject; return it, and whether it is the first.

    `text` is dropped for people who do not keep texts; text kept earlier is not changed then. Raises NoConsent and
    NoSuchSubject.
    """
    _require_subject(prediction, subject)
    agreed = hold(prediction.account.user_id)
    if Purpose.SERVICE not in agreed:
        raise NoConsent(Purpose.SERVICE)
    words = {"text": blank_contacts(text)} if Purpose.DRAFTS in agreed else {}
    return Feedback.objects.update_or_create(
        prediction=prediction, subject=subject, defaults={"verdict": verdict, "reason": reason, **words}
    )


def take_back_feedback(*, prediction: Prediction, subject: str = Feedback.FORECAST) -> None:
    """Delete the feedback on the subject, if there is any. Raises NoSuchSubject."""
    _require_subject(prediction, subject)
    Feedback.objects.filter(prediction=prediction, subject=subject).delete()


def _require_subject(prediction: Prediction, subject: str) -> None:
    subjects = subjects_of(prediction)
    if subject not in subjects:
        raise NoSuchSubject(subjects)
