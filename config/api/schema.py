"""The OpenAPI document: what every operation has in common, errors above all, is described once and added to each."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.api.problems import PROBLEM_CONTENT_TYPE, problem
from config.api.scopes import RequiredScopes
from config.api.serializers import StrictMixin

_ERRORS: Mapping[HTTPStatus, tuple[str, str, list[dict[str, str]] | None]] = {
    HTTPStatus.BAD_REQUEST: (
        "A member, a parameter or a part is missing, not known, given twice, or not what is expected.",
        "post.scheduled_time: `scheduled_time` is not known; did you mean `scheduled_time_utc`?",
        [
            {
                "field": "post.scheduled_time",
                "message": "`scheduled_time` is not known; did you mean `scheduled_time_utc`?",
            }
        ],
    ),
    HTTPStatus.UNAUTHORIZED: (
        "Nobody is signed in, or the token is unknown, expired or revoked.",
        "This API token is unknown, expired or revoked.",
        None,
    ),
    HTTPStatus.FORBIDDEN: (
        "A consent or a scope of the token is missing, or the operation is for people alone.",
        "This token lacks the scope `forecasts:write`; make one that has it.",
        None,
    ),
    HTTPStatus.NOT_FOUND: (
        "There is no such object, or it is somebody else's: both look alike.",
        "There is no such object, or it is not yours.",
        None,
    ),
    HTTPStatus.NOT_ACCEPTABLE: (
        "`Accept` takes no JSON.",
        "Could not satisfy the request Accept header.",
        None,
    ),
    HTTPStatus.CONFLICT: (
        "What the request is about does not stand as it would have to, or its first try is being answered.",
        "The first request with this Idempotency-Key is being answered; ask again in a second.",
        None,
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "The body is larger than what is read.",
        "The request is too large; at most 262,144 bytes are read.",
        None,
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "The body has another `Content-Type` than those of the operation.",
        'Unsupported media type "text/plain" in request.',
        None,
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        "The `Idempotency-Key` was used for another request.",
        "This Idempotency-Key was used for another request; expected a new one for each.",
        None,
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "A limit is reached; `Retry-After` says for how many seconds.",
        "Request was throttled. Expected available in 12 seconds.",
        None,
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The service lets nobody in at the moment; `Retry-After` says when to ask again.",
        "Postcast lets nobody in at the moment: it makes sure first that all who were erased stay erased.",
        None,
    ),
}
"""Status -> when it is answered, and the `detail` and `errors` of an example."""
_ALWAYS = (400, 401, 403, 406, 429, 503)
_WITH_BODY = (413, 415)
_WITH_KEY = (409, 422)
_TEXT = {"type": "string"}


def _response_name(status: HTTPStatus) -> str:
    return status.phrase.title().replace(" ", "").replace("-", "")


def _error_response(status: HTTPStatus) -> dict[str, Any]:
    words, detail, errors = _ERRORS[status]
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem(status, detail, errors)}
    return {"description": words, "content": {PROBLEM_CONTENT_TYPE: content}}


COMPONENTS: dict[str, Any] = {
    "schemas": {
        "Problem": {
            "type": "object",
            "description": "Problem details, RFC 9457: the body of every error.",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {**_TEXT, "description": "Always about:blank: the status says what kind of problem it is."},
                "title": {**_TEXT, "description": "The status in words."},
                "status": {"type": "integer"},
                "detail": {**_TEXT, "description": "What was wrong and what is expected, for a person."},
                "errors": {
                    "type": "array",
                    "description": "Each member or parameter that is wrong.",
                    "items": {"$ref": "#/components/schemas/ProblemError"},
                },
            },
        },
        "ProblemError": {
            "type": "object",
            "required": ["field", "message"],
            "properties": {
                "field": {**_TEXT, "description": "Its path, such as `post.hashtags[0]`; empty: the whole body."},
                "message": _TEXT,
            },
        },
    },
    "responses": {_response_name(status): _error_response(status) for status in _ERRORS},
    "parameters": {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            "description": "A new random text for each request that creates something, such as a UUID. The same key "
            "and request within 24 hours are answered as the first time, with `Idempotency-Replayed: true`, and create "
            "nothing.",
        }
    },
}
"""Components that operations refer to."""


class DescribedSchema(AutoSchema):
    """Describes an operation with its errors, the scope of its token, its idempotency key, and its strict body."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation; None where it is left out."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        statuses = {*_ALWAYS, *((404,) if self._may_miss(operation) else ())}
        if "requestBody" in operation:
            statuses |= {*_WITH_BODY}
        if self._is_idempotent():
            statuses |= {*_WITH_KEY}
            operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
        for parameter in operation.get("parameters", ()):
            if parameter.get("in") == "query" and parameter["schema"].get("type") == "string":
                parameter["schema"].setdefault("minLength", 1)
        for status in sorted(statuses):
            name = _response_name(HTTPStatus(status))
            operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{name}"})
        for status in ("201", "202"):
            if status in operation["responses"]:
                address = {"description": "The address of what was created.", "schema": {"type": "string"}}
                operation["responses"][status]["headers"] = {"Location": address}
        return operation

    def get_description(self) -> str:  # type: ignore[override]  # as its own base has it
        """Return the view's own words, and the scope that a token needs."""
        words = str(super().get_description() or "")
        required: RequiredScopes | None = getattr(self.view, "required_scopes", None)
        if required is None:
            return words
        scope = required.of(self.method)
        needed = f"An API token needs the scope `{scope}`." if scope else "For people who signed in, not for tokens."
        return f"{words}\n\n{needed}".strip()

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to sign in; API tokens only where they let a program in."""
        auth: list[dict[str, Any]] = super().get_auth()
        required: RequiredScopes | None = getattr(self.view, "required_scopes", None)
        if required is not None and required.of(self.method) is None:
            return [way for way in auth if "apiToken" not in way]
        return auth

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictMixin):
            mapped["additionalProperties"] = False
            for member in mapped.get("properties", {}).values():
                # generators of typed clients take a member with a default for one that is always there
                if "default" in member:
                    words = f"By default {json.dumps(member.pop('default'))}."
                    member["description"] = f"{member.get('description', '')} {words}".strip()
        return mapped

    def _is_idempotent(self) -> bool:
        action = getattr(self.view, "action", None) or self.method.lower()
        return bool(getattr(getattr(self.view, action, None), "is_idempotent", False))

    def _may_miss(self, operation: Mapping[str, Any]) -> bool:
        """Return whether the operation names an object, in its address or a member, or is about one that may miss."""
        return "{" in self.path or "requestBody" in operation or getattr(self.view, "may_miss", False)


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with the components that operations refer to."""
    for kind, components in COMPONENTS.items():
        result["components"].setdefault(kind, {}).update(components)
    return result
