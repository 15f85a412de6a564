"""Claim a key for a request, keep the answer, and give it once more.

claim = claim_request(user_id=7, key="a1b2", request_digest=digest_of(...))
if claim.answer is None:
    with transaction.atomic():  # what is created and its answer are kept together, or neither is
        ...
        keep_answer(claim=claim, answer=Answer(201, {"id": "..."}, {"Location": "..."}))
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.utils.encoders import JSONEncoder

from privacy.sealing import seal, unseal
from telemetry.models import IdempotentRequest
from telemetry.models.idempotency import place_of_answer

KEPT = timedelta(hours=24)
"""Time for which a key stands for one request."""
LEASE = timedelta(minutes=2)
"""A request that was not answered after that died with its worker: whoever repeats it takes it over."""


class KeyReused(ValueError):
    """The key was used for another request."""


class StillAnswering(Exception):
    """The first request with this key is being answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is repeated: its status, the members of its body, and the headers that belong to it."""

    status: int
    data: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that stands for the request; with the answer if it was given already."""

    row_id: int
    claimed_at: datetime
    answer: Answer | None = None


def digest_of(*parts: bytes) -> str:
    """Return SHA-256 in hex of the parts and of where each ends."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def claim_request(*, user_id: int, key: str, request_digest: str, now: datetime | None = None) -> Claim:
    """Return a claim of the key for this request of the person, with the answer if there is one.

    Raises KeyReused and StillAnswering.
    """
    now = now or timezone.now()
    key_digest = digest_of(key.encode())
    rows = IdempotentRequest.objects.filter(user=user_id, key_digest=key_digest)
    rows.filter(claimed_at__lte=now - KEPT).delete()
    try:
        with transaction.atomic():
            made = IdempotentRequest.objects.create(
                user_id=user_id, key_digest=key_digest, request_digest=request_digest, claimed_at=now
            )
        return Claim(made.pk, now)
    except IntegrityError:
        row = rows.first()
    if row is None:
        # the first request failed in this moment, and gave the key back
        raise StillAnswering
    if row.request_digest != request_digest:
        raise KeyReused
    if row.status is not None:
        return Claim(row.pk, row.claimed_at, _answer_of(row))
    if row.claimed_at > now - LEASE or not rows.filter(claimed_at=row.claimed_at, status=None).update(claimed_at=now):
        raise StillAnswering
    return Claim(row.pk, now)


def keep_answer(*, claim: Claim, answer: Answer) -> None:
    """Keep the answer, sealed. Raises StillAnswering if the claim was taken over: what was done must be undone."""
    text = json.dumps({"data": answer.data, "headers": answer.headers}, cls=JSONEncoder)
    row = IdempotentRequest(pk=claim.row_id)
    changed = IdempotentRequest.objects.filter(pk=claim.row_id, claimed_at=claim.claimed_at, status=None).update(
        status=answer.status, sealed_answer=seal(text, place=place_of_answer(row))
    )
    if not changed:
        raise StillAnswering


def give_back(*, claim: Claim) -> None:
    """Free the key of a request that did nothing."""
    IdempotentRequest.objects.filter(pk=claim.row_id, claimed_at=claim.claimed_at, status=None).delete()


def forget_answers(*, user_id: int) -> None:
    """Delete all answers that are kept for the person."""
    IdempotentRequest.objects.filter(user=user_id).delete()


def _answer_of(row: IdempotentRequest) -> Answer:
    kept = json.loads(unseal(bytes(row.sealed_answer), place=place_of_answer(row)))
    assert row.status is not None
    return Answer(row.status, kept["data"], kept["headers"])
