"""Requests that a program may repeat without doing twice what they ask for."""

from django.conf import settings
from django.db import models

from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


def place_of_answer(request: "IdempotentRequest") -> str:
    """Return the place that the sealed answer is bound to."""
    return f"telemetry.idempotentrequest:{request.pk}:answer"


def _answer_held(request: "IdempotentRequest") -> str:
    return "held, sealed" if request.sealed_answer else "none"


class IdempotentRequest(PersonalData):
    """A request with an `Idempotency-Key`, and the answer to it. Of key and body only digests are kept.

    While `status` is null the request is being answered.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    personal(user, "Who asked")
    key_digest = personal(models.CharField(max_length=64), "A digest that recognises the key of the request")
    request_digest = personal(
        models.CharField(max_length=64), "A digest that tells whether another request has the same key"
    )
    status = plain(models.PositiveSmallIntegerField(null=True), "the status of the answer")
    sealed_answer = personal(
        models.BinaryField(default=b""),
        "The answer, encrypted, to be given once more",
        exported=_answer_held,
        sealed=place_of_answer,
    )
    claimed_at = personal(models.DateTimeField(), "When it was asked")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key_digest"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.key_digest[:8]}…"
