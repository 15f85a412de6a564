"""Sealed credentials for TikTok accounts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.linked import TikTokAccount
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


def place_of_token(credential: "Credential", token: str) -> str:
    """Return the place that the sealed `access_token` or `refresh_token` is bound to."""
    return f"accounts.credential:{credential.account_id}:{token}"


def _place_of_access_token(credential: "Credential") -> str:
    return place_of_token(credential, "access_token")


def _place_of_refresh_token(credential: "Credential") -> str:
    return place_of_token(credential, "refresh_token")


def _access_token_held(credential: "Credential") -> str:
    return "held, sealed" if credential.sealed_access_token else "none"


def _refresh_token_held(credential: "Credential") -> str:
    return "held, sealed" if credential.sealed_refresh_token else "none"


class Credential(PersonalData):
    """TikTok's tokens for an account, sealed: each ciphertext is bound to this row and its column."""

    class State(models.TextChoices):
        ACTIVE = "active"
        # TikTok refused the grant (expired, rotated away, disconnected): the creator must connect again
        LOST = "lost"
        # the creator or TikTok took the grant back
        REVOKED = "revoked"

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, related_name="credential")
    personal(account, "The account that they open")
    sealed_access_token = personal(
        models.BinaryField(),
        "Whether an access key is held: whoever had it could read your account",
        exported=_access_token_held,
        sealed=_place_of_access_token,
    )
    sealed_refresh_token = personal(
        models.BinaryField(),
        "Whether a key that renews it is held",
        exported=_refresh_token_held,
        sealed=_place_of_refresh_token,
    )
    access_expires_at = personal(models.DateTimeField(), "When the access key ends")
    refresh_expires_at = personal(models.DateTimeField(), "When the key that renews it ends")
    scopes = personal(
        ArrayField(models.CharField(max_length=64), default=list),
        "What you allowed on TikTok's page, and TikTok has not refused since",
    )
    state = personal(
        models.CharField(max_length=16, choices=State, default=State.ACTIVE),
        "Whether they are in use, were taken back, or are refused by TikTok",
    )
    version = plain(
        models.PositiveIntegerField(default=1, help_text="How often the tokens were replaced."),
        "how often the keys were replaced",
    )
    renewing_until = plain(
        models.DateTimeField(
            null=True, help_text="Until then one worker exchanges the refresh token; null: none does."
        ),
        "until when a worker renews the keys",
    )
    updated_at = personal(models.DateTimeField(auto_now=True), "When they last changed")

    def __str__(self) -> str:
        return f"keys to {self.account}"
