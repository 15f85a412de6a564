"""Pictures that come with POST /predict as a form."""

import json
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from posts.content.lately import measure_draft
from predictions.models import Prediction
from tests.predictions.forecasts.api_requests import ROUTES, picture, post_form, sample

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("route", ROUTES)
def test_pictures_come_with_the_same_json(route, champion, learned_account, client_of):
    response = post_form(client_of, sample(learned_account), ("cover.png", picture("PNG")), route=route)
    assert response.status_code == 200, response.json()
    body = response.json()
    assert body["model_version"] == champion.name
    assert body["picture"]["alt_texts"]["en-gb"] == "A mostly orange picture."
    assert body["picture"]["nudity"]["result"] == "not_checked"


def test_the_payload_may_be_sent_as_a_file(champion, learned_account, client_of):
    part = SimpleUploadedFile("payload.json", json.dumps(sample(learned_account)).encode(), "application/json")
    assert client_of.post("/predict", {"payload": part}, format="multipart").status_code == 200


@pytest.mark.parametrize(
    ("parts", "field", "words"),
    [
        ({"media": [picture(), picture()]}, "media", "There are 2 pictures; expected one"),
        ({"picture": [picture()]}, "picture", "`picture` is not known; expected one of `media`, `payload`."),
        ({"medai": [picture()]}, "medai", "did you mean `media`?"),
        ({"media": "text"}, "media", "expected a picture, sent as a file"),
        ({"payload": [b"{}"]}, "payload", "there 2 times"),
    ],
    ids=["a second picture", "another name", "a misspelt name", "no file", "a second payload"],
)
def test_parts_that_nobody_would_read_are_refused(parts, field, words, account, client_of):
    files: dict[str, Any] = {
        name: part if isinstance(part, str) else [SimpleUploadedFile("a.jpg", data) for data in part]
        for name, part in parts.items()
    }
    payload = json.dumps(sample(account))
    files["payload"] = [payload, *files["payload"]] if "payload" in files else payload
    response = client_of.post("/predict", files, format="multipart")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] == field
    assert words in error["message"]
    assert not Prediction.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("film.mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("empty.jpg", b"\n"),
        ("cut.jpg", picture()[:200]),
        ("a.svg", b"<svg/>"),
    ],
)
def test_an_unreadable_picture_is_refused(name, data, account, client_of):
    response = post_form(client_of, sample(account), (name, data))
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"].startswith("media")
    assert "JPEG, PNG" in error["message"]
    assert not Prediction.objects.exists()


@pytest.mark.parametrize(("data", "status", "captions"), [(b"no picture", 400, 0), (picture(), 200, 1)])
def test_pictures_are_looked_at_before_the_caption(data, status, captions, learned_account, client_of):
    with mock.patch("predictions.forecasts.answering.measure_draft", wraps=measure_draft) as measured:
        response = post_form(client_of, sample(learned_account), ("cover.jpg", data))
    assert response.status_code == status
    assert measured.call_count == captions


def test_a_form_without_its_payload_is_refused(account, client_of):
    response = client_of.post("/predict", {"media": SimpleUploadedFile("a.jpg", picture())}, format="multipart")
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "payload"
    assert client_of.post("/predict", {"payload": "{"}, format="multipart").status_code == 400
    assert client_of.post("/predict", {"payload": "[" * 100_000}, format="multipart").status_code == 400
    many = [(f"{number}.jpg", picture()) for number in range(11)]
    assert post_form(client_of, sample(account), *many).json()["errors"][0]["field"] == "media"


def test_a_form_from_a_browsers_session_needs_its_csrf_token(champion, learned_account):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(learned_account.user)
    cover = SimpleUploadedFile("a.jpg", picture())
    form = {"payload": json.dumps(sample(learned_account)), "media": cover}
    assert client.post("/predict", form, format="multipart").status_code == 403
    token = "a" * 32
    client.cookies["csrftoken"] = token
    cover.seek(0)
    assert client.post("/predict", form, format="multipart", headers={"X-CSRFToken": token}).status_code == 200
