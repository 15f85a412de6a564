"""The API's reference, from its OpenAPI document: operations by tag, with their parameters, bodies and answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.generators import SchemaGenerator

NESTED = 2
"""Levels of members below a body that are listed; deeper ones are in the document."""

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a body by its path, such as `post.text`."""

    name: str
    kind: str
    """E.g. "text", "list of numbers", "low, medium or high"."""
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no error."""

    status: int
    title: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method at an address."""

    name: str
    method: str
    path: str
    words: list[str]
    """Paragraphs."""
    parameters: list[Field]
    body: list[Field]
    example: str
    """A body, as JSON; empty without one."""
    answers: list[Answer]
    errors: list[int]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of a tag."""

    tag: str
    operations: list[Operation]


@cache
def reference() -> list[Group]:
    """Return the operations by tag. Made once in a process: the document changes with the code alone."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            groups.setdefault(described["tags"][0], []).append(_operation(document, method, path, described))
    return [Group(tag, operations) for tag, operations in sorted(groups.items())]


def _operation(document: Schema, method: str, path: str, described: Schema) -> Operation:
    parameters = [_resolved(document, each) for each in described.get("parameters", ())]
    bodies = described.get("requestBody", {}).get("content", {})
    body: Schema = bodies.get("application/json") or next(iter(bodies.values()), {})
    example: Schema = next(iter(body.get("examples", {}).values()), {})
    statuses = {int(status): _resolved(document, each) for status, each in described["responses"].items()}
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        words=described.get("description", "").split("\n\n"),
        parameters=[
            Field(
                each["name"],
                _kind(document, each["schema"]),
                each.get("required", False),
                each.get("description", ""),
            )
            for each in parameters
        ],
        body=list(_fields(document, body.get("schema", {}))),
        example=json.dumps(example["value"], indent=2, ensure_ascii=False) if example else "",
        answers=[
            Answer(status, HTTPStatus(status).phrase, list(_fields(document, _content(each))))
            for status, each in statuses.items()
            if status < HTTPStatus.BAD_REQUEST
        ],
        errors=[status for status in sorted(statuses) if status >= HTTPStatus.BAD_REQUEST],
    )


def _content(response: Schema) -> Schema:
    content: Mapping[str, Schema] = response.get("content", {})
    schema: Schema = next(iter(content.values()), {}).get("schema", {})
    return schema


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Return what a reference leads to, and the only part of a composition."""
    while True:
        if "$ref" in schema:
            _, *steps = schema["$ref"].split("/")
            found: Any = document
            for step in steps:
                found = found[step]
            schema = found | {key: value for key, value in schema.items() if key != "$ref"}
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0] | {key: value for key, value in schema.items() if key != "allOf"}
        else:
            return schema


def _fields(document: Schema, schema: Schema, prefix: str = "", level: int = 0) -> Iterator[Field]:
    """Yield the members of an object, or of a list's objects, each followed by its own members."""
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        prefix, schema = f"{prefix}[]", _resolved(document, schema["items"])
    for name, member in schema.get("properties", {}).items():
        member = _resolved(document, member)
        path = f"{prefix}.{name}".lstrip(".")
        yield Field(path, _kind(document, member), name in schema.get("required", ()), member.get("description", ""))
        if level < NESTED:
            yield from _fields(document, member, path, level + 1)


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "date-time": "moment",
    "date": "day",
    "binary": "file",
}


def _kind(document: Schema, schema: Schema) -> str:
    """Return the type of a value in words."""
    schema = _resolved(document, schema)
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        kinds = dict.fromkeys(_kind(document, each) for each in choices)
        return " or ".join(kind for kind in kinds if kind)
    if "enum" in schema:
        values = [json.dumps(value, ensure_ascii=False) for value in schema["enum"] if value not in (None, "")]
        return " or ".join(values)
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema['items']) or 'values'}"
    return _KINDS.get(schema.get("format", ""), _KINDS.get(schema.get("type", ""), ""))
