"""Seats, made by factory-boy."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Seat
from tests.factories import TikTokAccountFactory, UserFactory


class SeatFactory(DjangoModelFactory[Seat]):
    """A viewer's seat, taken."""

    class Meta:
        model = Seat

    account = factory.SubFactory(TikTokAccountFactory)
    person = factory.SubFactory(UserFactory)
    role = Seat.Role.VIEWER
    name = "Mia"
    accepted_at = factory.LazyFunction(timezone.now)
