"""Models as a task: compared, promoted and tried by staff on pages that first say what happens."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from predictions.models import ModelEvent, ModelVersion
from predictions.versions.selectors import champion_id
from predictions.versions.services import register
from tests.factories import OutcomeFactory, StaffFactory, verify

pytestmark = pytest.mark.django_db

PAGE = "/admin/predictions/modelversion/"
FIGURES = {
    "accounts": 40,
    "posts": 900,
    "slice": [1, 2],
    "all": {
        "log_mae": {"champion": 0.5, "challenger": 0.4, "difference": -0.1, "upper": -0.02},
        "mape": {"champion": 0.9, "challenger": 0.95},
    },
    "coverage": {"champion": 0.79, "challenger": 0.81},
    "cohorts": {"small account": {"log_mae": {"champion": 0.6, "challenger": 0.7}}},
}


@pytest.fixture
def versions(trained_models, db) -> tuple[ModelVersion, ModelVersion]:
    """A champion and a challenger that was compared with it."""
    champion = register(model=trained_models[0], metrics={}, promote=True)
    challenger = register(model=trained_models[1], metrics={"trained_because": "it is Monday"})
    ModelEvent.objects.create(
        kind=ModelEvent.Kind.REFUSED, from_version=champion, to_version=challenger, by="a test", reason="Not better.",
        figures=FIGURES,
    )  # fmt: skip
    return champion, challenger


def member(role: str) -> Client:
    staff = StaffFactory(username=role, is_superuser=False)
    staff.groups.set([Group.objects.get(name=role)])
    client = Client()
    verify(client, staff)
    return client


def test_the_page_compares_what_serves_with_what_could(versions) -> None:
    champion, challenger = versions
    OutcomeFactory(prediction__model_version=champion)
    page = member("analyst").get(PAGE).content.decode()
    assert page.index(f"Serving: {champion.name} of") < page.index(f"Challenger: {challenger.name} of")
    assert f"{champion.manifest['rows']:,} posts of {champion.manifest['accounts']:,} accounts" in page
    for row in ("Off by, all accounts", "64.9 %", "49.2 %", "Within the range, all accounts", "Off by, small account"):
        assert row in page
    assert "Not better." in page
    for decision in ("/promote/", "/canary/", "roll-back/"):
        assert decision not in page


def test_a_version_is_told_in_words_and_names_no_account(versions) -> None:
    _, challenger = versions
    page = member("operator").get(f"{PAGE}{challenger.pk}/change/").content.decode()
    assert "it is Monday" in page
    assert "Posts published" in page
    assert "{&#x27;" not in page
    assert challenger.manifest["pseudonyms"][0] not in page


def test_promoting_says_what_happens_and_asks_why(versions) -> None:
    champion, challenger = versions
    operator, address = member("operator"), f"{PAGE}{challenger.pk}/promote/"
    page = operator.get(address).content.decode()
    assert f"Now {champion.name} serves. After this {challenger.name} serves everybody" in page
    assert "Not better." in page
    assert "Say why" in operator.post(address, {"champion": champion.pk}).content.decode()
    assert champion_id() == champion.pk
    stale = operator.post(address, {"champion": challenger.pk, "reason": "as agreed"}, follow=True)
    assert "changed meanwhile" in stale.content.decode()
    done = operator.post(address, {"champion": champion.pk, "reason": "as agreed"}, follow=True)
    assert f"From now on {challenger.name} serves." in done.content.decode()
    assert champion_id() == challenger.pk
    event = ModelEvent.objects.latest("id")
    assert (event.kind, event.by, event.reason) == ("promoted", "operator", "as agreed")


def test_a_canary_is_started_changed_and_ended(versions) -> None:
    _, challenger = versions
    operator, address = member("operator"), f"{PAGE}{challenger.pk}/canary/"
    assert "ends by itself" in operator.get(address).content.decode()
    for percent in ("5", "20"):
        operator.post(address, {"percent": percent})
        challenger.refresh_from_db()
        assert challenger.canary_share == int(percent) / 100
    assert "expected more than 0" in operator.post(address, {"percent": "x"}, follow=True).content.decode()
    assert "20 %" in operator.get(PAGE).content.decode()
    operator.post(f"{PAGE}end-canary/", {"reason": "seen enough"})
    assert ModelEvent.objects.latest("id").reason == "seen enough"
    challenger.refresh_from_db()
    assert challenger.canary_share == 0


def test_who_only_looks_decides_nothing(versions) -> None:
    champion, challenger = versions
    analyst = member("analyst")
    for page in (f"{challenger.pk}/promote/", f"{challenger.pk}/canary/", "end-canary/", "roll-back/"):
        assert analyst.get(PAGE + page).status_code == 403
        assert analyst.post(PAGE + page, {"champion": champion.pk, "reason": "x", "percent": "5"}).status_code == 403
    assert champion_id() == champion.pk
