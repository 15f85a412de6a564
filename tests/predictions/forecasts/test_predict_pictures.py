"""Pictures that come with POST /predict as a form."""

import json
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from posts.content.captions import measure_caption
from posts.content.pictures.decoding import _decode
from predictions.models import Prediction
from tests.posts.content.drawn import encoded, of_levels, texture
from tests.predictions.forecasts.api_requests import ROUTES, picture, post_form, sample

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("route", ROUTES)
def test_pictures_come_with_the_same_json(route, champion, learned_account, client_of):
    response = post_form(client_of, sample(learned_account), ("cover.png", picture("PNG")), route=route)
    assert response.status_code == 200, response.json()
    assert response.json()["model_version"] == champion.name


def test_the_payload_may_be_sent_as_a_file(champion, learned_account, client_of):
    part = SimpleUploadedFile("payload.json", json.dumps(sample(learned_account)).encode(), "application/json")
    assert client_of.post("/predict", {"payload": part}, format="multipart").status_code == 200


def test_the_first_readable_picture_is_the_cover(champion, learned_account, client_of):
    media = [("film.mp4", b"\x00\x00\x00\x18ftypmp42"), ("cover.webp", picture("WEBP"))]
    assert post_form(client_of, sample(learned_account), *media).status_code == 200
    assert Prediction.objects.count() == 1


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


def test_after_a_damaged_picture_no_other_is_unpacked(learned_account, client_of):
    damaged = encoded(of_levels(texture(300, 400)))[:-500]
    media = [("text.jpg", b"no picture"), *((f"{number}.png", damaged) for number in range(9))]
    with mock.patch("posts.content.pictures.decoding._decode", wraps=_decode) as decoded:
        response = post_form(client_of, sample(learned_account), *media)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["media"] * 2
    assert decoded.call_count == 1


@pytest.mark.parametrize(("readable", "captions"), [(0, 0), (1, 1)])
def test_pictures_are_looked_at_before_the_caption(readable, captions, learned_account, client_of):
    media = [(f"{index}.jpg", b"no picture") for index in range(9)] + [("last.jpg", picture())] * readable
    with mock.patch("predictions.forecasts.answering.measure_caption", wraps=measure_caption) as measured:
        response = post_form(client_of, sample(learned_account), *media)
    assert response.status_code == (200 if readable else 400)
    assert len(response.json().get("errors", [])) == (0 if readable else 9)
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
