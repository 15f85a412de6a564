"""People, the TikTok accounts that they linked, the sealed credentials for those, and API tokens."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts import identifiers
from privacy.models import PersonalData, StampedQuerySet


class UserManager(BaseUserManager["User"]):
    """Users without an e-mail address: TikTok gives none and none is asked for."""

    def get_queryset(self) -> StampedQuerySet["User"]:
        """Rows that are stamped, as those of all tables of people's data."""
        return StampedQuerySet(self.model, using=self._db)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A user who may sign in with TikTok, or with the password if one is given."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A staff member with every permission (`manage.py createsuperuser`)."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(PersonalData, AbstractUser):
    """A person: a creator who signs in with TikTok, or staff with a password."""

    # inherited personal fields that Postcast has no use for are not collected
    email = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta(AbstractUser.Meta):
        permissions = [("erase_user", "Can have people erased")]


class TikTokAccount(PersonalData):
    """A creator's TikTok account, linked by its owner. Profile and counts are None where the scope was declined."""

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.account_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tiktok_accounts")
    open_id = models.CharField(max_length=128, unique=True)
    union_id = models.CharField(max_length=128, blank=True)
    display_name = models.CharField(max_length=255, blank=True)
    username = models.CharField(max_length=255, blank=True)
    is_verified = models.BooleanField(null=True)
    follower_count = models.BigIntegerField(null=True)
    following_count = models.BigIntegerField(null=True)
    likes_count = models.BigIntegerField(null=True)
    video_count = models.BigIntegerField(null=True)
    profile_fetched_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "TikTok account"
        ordering = ["id"]
        permissions = [("see_identity", "Can see names and TikTok's ids")]

    def __str__(self) -> str:
        return self.public_id


class FollowerCount(PersonalData):
    """An account's followers from a moment on; append-only. A count that did not change adds no row."""

    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="follower_counts")
    observed_at = models.DateTimeField()
    followers = models.BigIntegerField(null=True, help_text="Empty where TikTok was no longer allowed to tell.")

    class Meta:
        ordering = ["observed_at", "id"]
        indexes = [models.Index(fields=["account", "observed_at"])]

    def __str__(self) -> str:
        return f"{self.account_id} at {self.observed_at:%Y-%m-%d %H:%M}"


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


class APIToken(PersonalData):
    """A token that a person made for a program; only its digest is kept, so it can be shown just once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12, help_text="The first characters, to tell tokens apart.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.hint}…"


class WebhookDelivery(models.Model):
    """A webhook that was acted on. TikTok delivers at least once: the digest makes the second time a no-op."""

    digest = models.CharField(max_length=64, unique=True)
    event = models.CharField(max_length=64)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return self.event
