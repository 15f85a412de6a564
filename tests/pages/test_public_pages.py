"""The pages for everybody: open without a sign-in, honest about their figures, with links that lead somewhere."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client
from django.urls import Resolver404, resolve

from predictions.models import ModelEvent, ModelVersion
from tests.pages.html import read
from tests.pages.test_every_page import check_page

pytestmark = pytest.mark.django_db

PAGES = ("/", "/how-it-works/", "/help/", "/docs/", "/privacy/", "/terms/", "/imprint/", "/status/")
ELSEWHERE = {"/demo/"}
"""A room of its own."""


@pytest.mark.parametrize("path", PAGES)
def test_they_open_for_everybody_and_leave_no_cookie(path: str) -> None:
    client = Client()
    response = client.get(path)
    assert response.status_code == 200
    check_page(response.content.decode(), response.headers["Content-Security-Policy"])
    # the form on the start page needs its token, and no other page sets anything
    assert set(client.cookies) <= ({"csrftoken"} if path == "/" else set())
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_links_on_them_lead_somewhere(path: str) -> None:
    page = read(Client().get(path).content.decode())
    for link in page.all("a"):
        address, _, anchor = link["href"].partition("#")
        if address.startswith(("mailto:", "https:", "tel:")) or address in ELSEWHERE:
            continue
        if address:
            try:
                resolve(address.partition("?")[0])
            except Resolver404:
                pytest.fail(f"{path} links to {address}")
        else:
            assert page.by_id(anchor), (path, anchor)


def test_people_who_are_signed_in_get_ways_into_the_app(browser: Client) -> None:
    start = browser.get("/").content.decode()
    assert 'href="/overview/"' in start
    assert 'href="/compose/"' in start
    assert not list(read(start).by_id("main").all("form"))  # type: ignore[union-attr]


def test_the_accuracy_on_pages_is_that_of_the_model_card() -> None:
    card = Path(settings.BASE_DIR, "docs/model-card.md").read_text()
    rows = re.findall(
        r"^\| ([^|]+) \| [\d.]+ / ([\d.]+) \| (\d+) % \| [^|]+\| [\d.]+ / ([\d.]+) \|", card, re.MULTILINE
    )
    table = {
        name: [f"×{math.exp(float(ours)):.1f}", f"×{math.exp(float(average)):.1f}", f"{covers} %"]
        for name, ours, covers, average in rows
    }
    for path in ("/", "/how-it-works/"):
        shown = next(each for each in read(Client().get(path).content.decode()).all("table"))
        cells = [[cell.text for cell in row.all("td")] for row in shown.all("tr")][1:]
        assert cells == [
            table[name]
            for name in (
                "TikTok creators, hashtags only",
                "TikTok, English captions",
                "TikTok, small Danish accounts",
                "first day (`--horizon`), TikTok creators",
            )
        ]


def test_nothing_is_claimed_of_a_model_that_was_never_measured_here() -> None:
    assert "Not measured here yet. No model has been trained" in Client().get("/how-it-works/").content.decode()
    ModelVersion.objects.create(name="v1.0.0", role="champion", signature="x", artefact=b"")
    told = Client().get("/how-it-works/").content.decode()
    assert "v1.0.0" in told
    assert "Not measured here yet. This model was let in without a comparison" in told


def test_the_record_is_that_of_the_comparison_that_let_the_model_in() -> None:
    metrics = {"training_accounts": 312, "training_posts": 20_114}
    champion = ModelVersion.objects.create(name="v1.1.0", role="champion", signature="x", artefact=b"", metrics=metrics)
    figures = {
        "accounts": 41,
        "posts": 503,
        "all": {"log_mae": {"champion": 0.8, "challenger": 0.7}},
        "coverage": {"champion": 0.7, "challenger": 0.812},
        "baseline_log_mae": 1.0,
    }
    ModelEvent.objects.create(kind="refused", to_version=champion, figures=figures | {"accounts": 7})
    ModelEvent.objects.create(kind="promoted", to_version=champion, figures=figures)
    page = read(Client().get("/how-it-works/").content.decode())
    assert "It learned from 20,114 posts of 312 accounts." in page.text
    assert "forecast 503 later posts of 41 accounts" in page.text
    assert [figure.text for figure in page.all("dd")] == ["2.0", "2.7", "81 %"]


def test_the_operator_is_named_where_the_environment_names_one(settings: Any) -> None:
    settings.OPERATOR_NAME = "Lighthouse <Ltd>"
    settings.OPERATOR_ADDRESS = "1 Pier Road, Sunset Bay"
    settings.OPERATOR_CONTACT = "mailto:help@example.com"
    imprint = read(Client().get("/imprint/").content.decode())
    assert [line.text for line in next(imprint.all("address")).all("bdi")] == [
        "Lighthouse <Ltd>",
        "1 Pier Road",
        "Sunset Bay",
    ]
    for path in ("/imprint/", "/help/", "/terms/"):
        assert 'href="mailto:help@example.com"' in Client().get(path).content.decode()
    for path in ("/", "/terms/", "/privacy/"):
        assert "Lighthouse &lt;Ltd&gt;" in Client().get(path).content.decode()


def test_without_an_operator_the_pages_say_so_and_production_is_warned(settings: Any) -> None:
    assert not [each for each in run_checks(include_deployment_checks=True) if each.id == "public_pages.W001"]
    settings.OPERATOR_NAME = settings.OPERATOR_ADDRESS = settings.OPERATOR_CONTACT = ""
    warnings = [each for each in run_checks(include_deployment_checks=True) if each.id == "public_pages.W001"]
    assert [each.msg.split()[0] for each in warnings] == ["OPERATOR_NAME", "OPERATOR_ADDRESS", "OPERATOR_CONTACT"]
    assert "has not given a name and address" in Client().get("/imprint/").content.decode()


def test_the_reference_has_every_operation_of_the_schema() -> None:
    document = Client().get("/api/v1/schema?format=json").json()
    page = read(Client().get("/docs/").content.decode())
    shown = {element["id"] for element in page.all("details")}
    assert shown == {each["operationId"] for methods in document["paths"].values() for each in methods.values()}
    predict = page.by_id("predict")
    assert predict
    members = [next(row.all("code")).text for row in predict.all("tr") if list(row.all("code"))]
    assert {"post.text", "prediction.typical", "Idempotency-Key"} <= set(members)


def test_the_examples_of_the_guide_name_operations_that_exist() -> None:
    document = Client().get("/api/v1/schema?format=json").json()
    page = read(Client().get("/docs/").content.decode())
    asked = {path for block in page.all("pre") for path in re.findall(r"testserver(/api/v1/\w+)", block.text)}
    assert asked
    assert asked <= set(document["paths"])
