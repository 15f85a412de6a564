"""The decorator of REST views that create something.

    class ExportListView(View):
        @idempotent
        def post(self, request: Request) -> Response: ...

Where the request has an `Idempotency-Key`, the method runs in one transaction with the keeping of its answer:

- the same key and request of the same person within 24 hours: the same status, body and `Location`, with
  `Idempotency-Replayed: true`; nothing is done;
- the same key with another request: 422;
- the same key while the first request is being answered: 409, with `Retry-After`;
- an error keeps nothing and frees the key, as nothing was done.

It stands next to `def`, below `extend_schema`; the schema describes the header by itself.
"""

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.db import transaction
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from privacy.people import person_of
from telemetry.idempotency import services

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
_HEADERS = ("Location",)
V = TypeVar("V", bound=APIView)
Method = Callable[..., Response]


class KeyReused(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request; expected a new one for each."
    default_code = "idempotency_key_reused"


class StillAnswering(APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "The first request with this Idempotency-Key is being answered; ask again in a second."
    default_code = "still_answering"
    wait = 1
    """Seconds of `Retry-After`."""


def idempotent(method: Method) -> Method:
    """Let a request with an `Idempotency-Key` be repeated without doing twice what it asks for."""

    @wraps(method)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
            raise ValidationError({HEADER: f"This is no key; expected 1 to {LONGEST_KEY} ASCII characters."})
        try:
            claim = services.claim_request(user_id=person_of(request), key=key, request_digest=_digest(request))
            if claim.answer is not None:
                kept = claim.answer
                return Response(kept.data, kept.status, headers={**kept.headers, REPLAYED: "true"})
            return _first_answer(claim, lambda: method(view, request, *args, **kwargs))
        except services.KeyReused as error:
            raise KeyReused from error
        except services.StillAnswering as error:
            raise StillAnswering from error

    answer.is_idempotent = True  # type: ignore[attr-defined]
    return answer


def _first_answer(claim: services.Claim, respond: Callable[[], Response]) -> Response:
    """Return the answer, kept with what it tells of; frees the key where nothing was done."""
    try:
        with transaction.atomic():
            response = respond()
            headers = {name: response[name] for name in _HEADERS if name in response}
            services.keep_answer(claim=claim, answer=services.Answer(response.status_code, response.data, headers))
    except BaseException:
        services.give_back(claim=claim)
        raise
    return response


def _digest(request: Request) -> str:
    """Return a digest of the method, the address and the body; of a form by its parts, as boundaries differ."""
    address = f"{request.method} {request.get_full_path()}".encode()
    if not request.FILES:
        return services.digest_of(address, json.dumps(request.data, sort_keys=True).encode())
    parts = [address, *(part.encode() for name, texts in request.POST.lists() for part in (name, *texts))]
    for name, files in request.FILES.lists():
        for file in files:
            parts += [name.encode(), file.read()]
            file.seek(0)
    return services.digest_of(*parts)
