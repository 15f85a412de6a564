"""Links, made by factory-boy; `create_link` makes one whose token is known."""

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from predictions.models import SharedLink
from tests.factories import PredictionFactory


class SharedLinkFactory(DjangoModelFactory[SharedLink]):
    """A link to a forecast."""

    class Meta:
        model = SharedLink

    prediction = factory.SubFactory(PredictionFactory)
    account = factory.SelfAttribute("prediction.account")
    digest = factory.Sequence(lambda n: f"{n:064x}")
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
