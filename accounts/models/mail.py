"""Addresses to which people want to be written."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import User
from privacy.declarations.columns import Column, Kind, Sought, personal
from privacy.models import PersonalData


class MailAddress(PersonalData):
    """An e-mail address that a person gave for notices, and agreed to be written to. Nothing else goes there."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the address's row here")}

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="mail_address")
    personal(user, "The person who gave it")
    address = personal(
        models.EmailField(), "The e-mail address that you gave for notices", identifying=True, sought=Sought.INSIDE
    )
    kinds = personal(ArrayField(models.CharField(max_length=16)), "The kinds of notices that are sent there")
    agreed_to = personal(models.PositiveIntegerField(), "The version of the words by which you agreed to be written to")
    given_at = personal(models.DateTimeField(), "When you gave it and agreed")
    confirmed_at = personal(
        models.DateTimeField(null=True), "When you confirmed it by the link that was sent there; nothing else is before"
    )
    unconfirmed_until = personal(
        models.DateTimeField(null=True), "Until when you can confirm it; it is deleted then. Empty once you did"
    )

    class Meta:
        verbose_name_plural = "mail addresses"

    def __str__(self) -> str:
        return f"mail address of {self.user_id}"
