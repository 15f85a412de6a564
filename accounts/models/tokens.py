"""API tokens."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import User
from config.api.scopes import Scope
from privacy.declarations.columns import personal
from privacy.models import PersonalData


def _digest(token: "APIToken") -> str:
    return "a digest that recognises the token"


def every_scope() -> list[str]:
    """Return all scopes: tokens that were made before there were any may do what they always did."""
    return [scope.value for scope in Scope]


class APIToken(PersonalData):
    """A token that a person made for a program; only its digest is kept, so it can be shown just once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    personal(user, "The person who made it")
    name = personal(models.CharField(max_length=100), "The name that you gave it")
    hint = personal(
        models.CharField(max_length=12, help_text="The first characters, to tell tokens apart."), "Its first characters"
    )
    digest = personal(
        models.CharField(max_length=64, unique=True),
        "What recognises it; the token cannot be read from that",
        exported=_digest,
    )
    scopes = personal(ArrayField(models.CharField(max_length=32), default=every_scope), "What a program may do with it")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you made it")
    expires_at = personal(models.DateTimeField(null=True), "When it ends")
    last_used_at = personal(models.DateTimeField(null=True), "When a program last used it")
    revoked_at = personal(models.DateTimeField(null=True), "When you revoked it")

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.hint}…"
