"""Accounts that no serving model may have learned from."""

from django.db import models

from privacy.declarations.columns import plain


class ForgottenAccount(models.Model):
    """An account that was erased, or left the learning, by its pseudonym in manifests.

    No version that learned from it may serve.
    """

    pseudonym = plain(models.CharField(max_length=32, primary_key=True), "the account, as models' manifests name it")
    forgotten_at = plain(models.DateTimeField(auto_now_add=True), "when it left")

    def __str__(self) -> str:
        return self.pseudonym
