"""Browsers that people let be told of notices."""

from django.db import models

from accounts import identifiers
from accounts.models.people import User
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData


class PushSubscription(PersonalData):
    """A browser's subscription to messages, as it made it for this service when its person agreed."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the subscription's row here")}

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.push_id, editable=False),
        "The device's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    personal(user, "The person who is told there")
    url = personal(
        models.CharField(max_length=1000, unique=True),
        "The address that your browser made at its push service",
        sought=Sought.INSIDE,
    )
    p256dh = personal(models.CharField(max_length=100), "Your browser's public key, by which messages are encrypted")
    auth = personal(models.CharField(max_length=32), "A secret of your browser, by which it knows our messages")
    device = personal(models.CharField(max_length=64), "The browser and system, in a few words")
    language = personal(models.CharField(max_length=8), "The language of the messages")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you allowed it")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.public_id
