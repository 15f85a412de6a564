"""What holds of every operation of the API, found by asking the OpenAPI document."""

from functools import cache
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.tokens.services import create_api_token
from config.api.problems import PROBLEM_CONTENT_TYPE
from config.api.scopes import RequiredScopes, Scope
from config.api.serializers import StrictMixin
from config.api.views import View
from tests.api.operations import address, ask, document, misspelt_bodies, operations, resolved

pytestmark = pytest.mark.django_db
WRITES = ("post", "put", "patch", "delete")


def api_views(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from api_views(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith(("api/", "predict")):
            callback: Any = entry.callback
            yield route, getattr(callback, "view_class", None) or callback.cls


def named(response, field):
    """Return whether the answer is a problem that names the field."""
    problem = response.json()
    return (
        response.status_code == 400
        and response["Content-Type"] == PROBLEM_CONTENT_TYPE
        and any(error["field"] == field and "not known" in error["message"] for error in problem["errors"])
    )


def test_there_are_operations_to_look_at():
    assert len(operations()) > 40
    assert sum(1 for operation in operations() if operation.body) >= 10


def test_every_view_derives_from_ours_and_says_what_a_token_needs():
    for route, view in api_views():
        assert issubclass(view, View), route
        assert view.required_scopes is None or isinstance(view.required_scopes, RequiredScopes), route
    assert [route for route, view in api_views() if view.required_scopes is None] == ["api/v1/schema"]


def test_an_unknown_member_is_refused_by_name_wherever_it_stands(creator, signed_in):
    asked = 0
    for operation in operations():
        if operation.body is None:
            continue
        for field, body in misspelt_bodies(operation.body):
            if operation.path == "/api/v1/posts:batch" and field.startswith("rows"):
                # each row is judged by itself and has a result of its own: tests/posts/imports/test_batch_api.py
                continue
            response = ask(signed_in, operation, address(operation, creator), body)
            assert named(response, field), (operation.name, field, response.content)
            asked += 1
    assert asked >= 15


def test_operations_without_a_body_refuse_members(creator, signed_in):
    bare = [operation for operation in operations() if operation.method in WRITES and operation.body is None]
    assert len(bare) >= 6
    for operation in bare:
        response = ask(signed_in, operation, address(operation, creator), {"surprise": 1})
        assert named(response, "surprise"), (operation.name, response.content)
        send = getattr(signed_in, operation.method)
        form = send(address(operation, creator), {"surprise": "1"}, format="multipart")
        assert named(form, "surprise"), (operation.name, form.content)


def test_an_unknown_parameter_is_refused_by_name(creator, signed_in):
    for operation in operations():
        response = ask(signed_in, operation, address(operation, creator) + "?surprise=1")
        assert named(response, "surprise"), (operation.name, response.content)


def test_parameters_are_refused_twice_and_empty(creator, signed_in):
    asked = 0
    for operation in operations():
        for parameter in operation.described.get("parameters", ()):
            name = parameter.get("name")
            if parameter.get("in") != "query":
                continue
            for query, words in ((f"{name}=1&{name}=2", "2 times"), (f"{name}=", "empty")):
                response = ask(signed_in, operation, f"{address(operation, creator)}?{query}")
                assert response.status_code == 400, (operation.name, query)
                [error] = response.json()["errors"]
                assert error["field"] == name, (operation.name, query)
                assert words in error["message"], (operation.name, query)
                asked += 1
    assert asked > 30


def test_a_slash_at_the_end_changes_nothing(creator, signed_in):
    for operation in operations():
        path = address(operation, creator)
        assert not path.endswith("/")
        # refused after routing and signing in, so that nothing is changed
        answers = [ask(signed_in, operation, f"{each}?surprise=1") for each in (path, f"{path}/")]
        assert [answer.status_code for answer in answers] == [400, 400], operation.name
        assert answers[0].content == answers[1].content, operation.name
        if operation.method == "get" and "archive" not in path:
            shown = ask(signed_in, operation, path)
            assert ask(signed_in, operation, f"{path}/").content == shown.content
            assert signed_in.head(path).status_code == shown.status_code
            assert signed_in.options(path).status_code == 200


def test_other_methods_are_refused_with_those_that_there_are(creator, signed_in):
    for path, methods in document()["paths"].items():
        [operation] = [each for each in operations() if each.path == path and each.method == next(iter(methods))]
        for method in {"get", *WRITES} - set(methods):
            response = signed_in.generic(method.upper(), address(operation, creator))
            assert response.status_code == 405, (method, path)
            assert response["Content-Type"] == PROBLEM_CONTENT_TYPE
            allowed = {each.strip().lower() for each in response["Allow"].split(",")}
            assert set(methods) <= allowed <= {*methods, "options", "head"}, (method, path)


def test_strangers_get_a_problem_and_a_challenge(creator):
    for operation in operations():
        response = ask(APIClient(), operation, address(operation, creator))
        assert response.status_code == 401, operation.name
        assert response["Content-Type"] == PROBLEM_CONTENT_TYPE
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_token_without_the_scope_is_refused_with_the_scopes_name(creator):
    @cache
    def token_with(*scopes):
        return create_api_token(user=creator.user, name="a program", scopes=scopes)[1]

    for operation in operations():
        words = operation.described["description"]
        needed = [scope for scope in Scope if f"needs the scope `{scope}`" in words]
        token = token_with(*(scope for scope in Scope if scope not in needed))
        response = ask(APIClient(), operation, address(operation, creator), authorization=f"Bearer {token}")
        assert response.status_code == 403, (operation.name, response.content)
        if needed:
            assert f"`{needed[0]}`" in response.json()["detail"], operation.name
            challenge = f'Bearer realm="api", error="insufficient_scope", scope="{needed[0]}"'
            assert response["WWW-Authenticate"] == challenge, operation.name
        else:
            assert "sign in" in response.json()["detail"], operation.name


def test_every_operation_describes_its_errors_with_examples():
    for operation in operations():
        responses = operation.described["responses"]
        assert {"400", "401", "403", "406", "429"} <= responses.keys(), operation.name
        for status, response in responses.items():
            if int(status) >= 400:
                content = resolved(response)["content"][PROBLEM_CONTENT_TYPE]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert content["example"]["status"] == int(status)


def test_every_body_has_an_example_or_nothing_to_show():
    for operation in operations():
        if operation.body and len(operation.body["properties"]) > 1 and operation.method == "post":
            content = operation.described["requestBody"]["content"]["application/json"]
            assert "examples" in content, operation.name


def test_only_forecasts_take_forms():
    for operation in operations():
        content = set(operation.described.get("requestBody", {}).get("content", ()))
        takes_forms = operation.path.endswith("/predict")
        expected = {"application/json", "multipart/form-data"} if takes_forms else set()
        assert content <= {"application/json"} | expected, operation.name


def test_request_components_are_closed():
    closed = [name for name, each in document()["components"]["schemas"].items() if name.endswith("Request")]
    assert len(closed) > 8
    for name in closed:
        schema = document()["components"]["schemas"][name]
        assert schema.get("type") != "object" or schema["additionalProperties"] is False, name


def test_nothing_that_cannot_be_obtained_is_advertised():
    schemes = document()["components"]["securitySchemes"]
    assert set(schemes) == {"apiToken", "cookieAuth"}
    assert document()["servers"][0]["url"]


def test_every_serializer_of_ours_is_strict():
    from rest_framework.serializers import BaseSerializer, ListSerializer

    def subclasses(base):
        for each in base.__subclasses__():
            yield each
            yield from subclasses(each)

    ours = {
        each
        for each in subclasses(BaseSerializer)
        if each.__module__.split(".")[0] in ("accounts", "posts", "predictions", "privacy", "config", "telemetry")
    }
    assert len(ours) > 30
    assert [each for each in ours if not issubclass(each, (StrictMixin, ListSerializer))] == []


def test_reads_answer_with_a_status_that_is_described(creator, signed_in):
    for operation in operations():
        if operation.method == "get":
            response = ask(signed_in, operation, address(operation, creator), None)
            described = document()["paths"][operation.path]["get"]["responses"]
            assert str(response.status_code) in described, (operation.name, response.status_code)
