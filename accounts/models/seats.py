"""Seats: people whom the owner of an account lets in."""

import hashlib

from django.db import models

from accounts import identifiers
from accounts.models.linked import TikTokAccount
from accounts.models.people import User
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData

MAX_NAME = 60
"""Characters of the name that an owner calls a seat by."""


def _digest(seat: "Seat") -> str:
    return "a digest that recognises the invitation" if seat.digest else "none: it was accepted"


class Seat(PersonalData):
    """A place at somebody's account: an invitation until a person accepts it. The owner has none, and needs none."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the seat's row here")}

    class Role(models.TextChoices):
        # reads reports, the plan and drafts, and comments on these
        VIEWER = "viewer"
        # also writes drafts and has them forecast
        EDITOR = "editor"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.seat_id, editable=False),
        "The seat's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="seats")
    personal(account, "The account that it is at")
    person = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        related_name="seats",
        help_text="Empty until the invitation is accepted.",
    )
    personal(person, "The person who has it, once they accepted")
    role = personal(models.CharField(max_length=8, choices=Role), "Viewer or editor")
    name = personal(models.CharField(max_length=MAX_NAME), "What the owner calls the person who has it")
    digest = personal(
        models.CharField(max_length=64, unique=True, null=True, help_text="Empty once accepted."),
        "What recognises the invitation; its address cannot be read from that",
        exported=_digest,
    )
    invited_at = personal(models.DateTimeField(auto_now_add=True), "When the owner invited them")
    invitation_ends_at = personal(
        models.DateTimeField(null=True, help_text="Empty once accepted."), "When the invitation ends, until then"
    )
    accepted_at = personal(models.DateTimeField(null=True), "When the invitation was accepted")
    removed_at = personal(models.DateTimeField(null=True), "When the owner removed it, or the person left")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "person"], condition=models.Q(removed_at=None), name="one_seat_of_a_person"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def trail_name(self) -> str:
        """Return what stands for the seat in the trail, which leads nowhere once the row is gone."""
        return hashlib.sha256(self.public_id.encode()).hexdigest()[:32]
