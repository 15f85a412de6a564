"""The operations of the OpenAPI document, and requests for them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from tests.pages.conftest import Creator

JSON = "application/json"


@cache
def document() -> dict[str, Any]:
    """Return the document, as it is served."""
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    plain: dict[str, Any] = json.loads(json.dumps(described, default=str))
    return plain


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of its JSON body; None where it takes none."""
        content = self.described.get("requestBody", {}).get("content", {})
        return resolved(content[JSON]["schema"]) if JSON in content else None


def operations() -> list[Operation]:
    return [
        Operation(method, path, described)
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    ]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow references, also those that `allOf` and `oneOf` wrap for nullable members."""
    if "$ref" in schema:
        found: Any = document()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return resolved(found)
    for wrapper in ("allOf", "oneOf"):
        if len(schema.get(wrapper, ())) == 1:
            return resolved(schema[wrapper][0])
    return schema


def misspelt_bodies(schema: dict[str, Any], name: str = "surprise") -> Iterator[tuple[str, Any]]:
    """Yield (path of an unknown member, body with it alone) for the body and every object inside it."""
    yield name, {name: 1}
    for member, inner in schema.get("properties", {}).items():
        inner = resolved(inner)
        if inner.get("type") == "object" and "properties" in inner:
            for path, body in misspelt_bodies(inner, name):
                yield f"{member}.{path}", {member: body}
        elif inner.get("type") == "array" and "properties" in (items := resolved(inner["items"])):
            for path, body in misspelt_bodies(items, name):
                yield f"{member}[1].{path}", {member: [{}, body]}


@cache
def objects_of(creator: Creator) -> dict[str, Any]:
    """Return the person's objects, by how paths begin that have one of them in their address; looked up once."""
    account, webhook = creator.account, creator.user.webhooks.get()
    return {
        "/api/v1/accounts/": account.public_id,
        "/api/v1/posts/": account.posts.all()[0].public_id,
        "/api/v1/predictions/": creator.prediction.public_id,
        "/api/v1/imports/": account.imports.get().public_id,
        "/api/v1/refreshes/": account.refreshes.all()[0].public_id,
        "/api/v1/drafts/": account.drafts.get().public_id,
        "/api/v1/seats/": creator.user.seats.get().public_id,
        "/api/v1/shares/": account.shared_links.get().public_id,
        "/api/v1/experiments/": account.experiments.get().public_id,
        "/api/v1/caption-appeals/": account.caption_appeals.get().public_id,
        "/api/v1/privacy/exports/": creator.user.exports.get().public_id,
        "/api/v1/privacy/consents/": "learning",
        "/api/v1/tokens/": creator.token.pk,
        "/api/v1/notifications/": creator.user.notices.earliest("pk").public_id,
        "/api/v1/webhooks/": webhook.public_id,
        "/api/v1/push-subscriptions/": creator.user.push_subscriptions.get().public_id,
        "{delivery_id}": webhook.deliveries.get().public_id,
        "{comment_id}": creator.draft.comments.get().public_id,
        "{seat_id}": account.seats.get().public_id,
    }


def address(operation: Operation, creator: Creator) -> str:
    """Return the operation's address with the person's objects in it."""
    objects = objects_of(creator)
    path = operation.path
    for parameter in ("{delivery_id}", "{comment_id}", "{seat_id}"):
        path = path.replace(parameter, objects[parameter])
    start, brace, rest = path.partition("{")
    return f"{start}{objects[start]}{rest.partition('}')[2]}" if brace else start


def ask(client: APIClient, operation: Operation, path: str, body: Any = None, **headers: str) -> Any:
    """Send the request with a JSON body, or without any where the body is None."""
    sent: dict[str, Any] = {} if body is None else {"data": json.dumps(body), "content_type": JSON}
    return client.generic(operation.method.upper(), path, headers=headers, **sent)
