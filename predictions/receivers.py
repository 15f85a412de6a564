"""What predictions does when another app tells of something."""

from typing import Any

from django.dispatch import receiver

from accounts.signals import texts_unwanted
from posts.signals import posts_changed
from predictions import metrics
from predictions.models import Feedback, Prediction
from predictions.tasks import enqueue_weights_update
from telemetry.signals import metrics_scraped


@receiver(posts_changed)
def learn_from_changed_posts(account_id: int, **_: Any) -> None:
    """Each page of a refresh tells of a change: they are gathered. `PostsChange` is what is relied on."""
    enqueue_weights_update(account_id)


@receiver(texts_unwanted)
def erase_texts(user_id: int, **_: Any) -> None:
    """The forecasts stay, and what was ticked against them; drafts and people's own words go.

    The words were meant for staff, but somebody who reads that no text is kept any more has to be able to rely on it.
    """
    Prediction.objects.filter(account__user=user_id).exclude(caption="").update(caption="")
    Feedback.objects.filter(prediction__account__user=user_id).exclude(text="").update(text="")


@receiver(metrics_scraped)
def show_drift(**_: Any) -> None:
    metrics.show_drift()
