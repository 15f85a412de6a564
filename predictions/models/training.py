"""Accounts that no serving model may have learned from."""

from django.db import models


class ForgottenAccount(models.Model):
    """An account that was erased, or left the learning, by its pseudonym in manifests.

    No version that learned from it may serve.
    """

    pseudonym = models.CharField(max_length=32, primary_key=True)
    forgotten_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.pseudonym
