"""Sealed credentials for TikTok accounts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.linked import TikTokAccount
from privacy.models import PersonalData


class Credential(PersonalData):
    """TikTok's tokens for an account, sealed: each ciphertext is bound to this row and its column."""

    class State(models.TextChoices):
        ACTIVE = "active"
        # TikTok refused the grant (expired, rotated away, disconnected): the creator must connect again
        LOST = "lost"
        # the creator or TikTok took the grant back
        REVOKED = "revoked"

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, related_name="credential")
    sealed_access_token = models.BinaryField()
    sealed_refresh_token = models.BinaryField()
    access_expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField()
    scopes = ArrayField(models.CharField(max_length=64), default=list)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    version = models.PositiveIntegerField(default=1, help_text="How often the tokens were replaced.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"credential of {self.account_id}"
