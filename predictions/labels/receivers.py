"""Delete pairs and votes when a consent that they need is withdrawn; tell versions what people say of their scores."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.labels.selectors import NEEDED
from predictions.labels.standing import people_of
from predictions.models import LabelPair
from predictions.versions.people import register_people
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_pairs(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose in NEEDED - {Purpose.SERVICE}:
        wait_for_writers(user_id)
        LabelPair.objects.filter(account__user=user_id).delete()


register_people(people_of)
