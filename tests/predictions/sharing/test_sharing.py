"""Links: what a visitor sees, and everything that ends one."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from predictions.models import Prediction, SharedLink
from predictions.period_reports.periods import Period, PeriodKind
from predictions.sharing import services
from predictions.sharing.services import create_link
from privacy.declarations.registry import subject_of
from privacy.erasure import hooks
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.selectors import events_about
from tests.factories import PredictionFactory, agree, disagree, history_of_posts
from tests.predictions.sharing.factories import SharedLinkFactory
from tests.privacy.erasure.erasures import erase

pytestmark = pytest.mark.django_db


@pytest.fixture
def forecast(account: Any) -> Prediction:
    made: Prediction = PredictionFactory(account=account, caption="Sunset at the pier", hashtags=["pier"])
    return made


def opened(token: str) -> Any:
    return Client().get(f"/shared/{token}/")


def test_a_visitor_sees_the_forecast_and_nothing_else(account, forecast):
    _link, token = create_link(account_id=account.pk, shown=forecast)
    answer = opened(token)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert account.display_name in page
    assert "4 posts in 5 land here" in page
    for hidden in ("Sunset at the pier", "#pier", account.username, account.public_id, forecast.public_id, "average"):
        assert hidden not in page, hidden
    assert answer["X-Robots-Tag"].startswith("noindex")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert not answer.cookies


def test_captions_are_shown_only_if_that_was_chosen_and_texts_are_kept(account, forecast):
    agree(account.user, Purpose.DRAFTS)
    _link, token = create_link(account_id=account.pk, shown=forecast, with_caption=True)
    assert "Sunset at the pier" in opened(token).content.decode()
    disagree(account.user, Purpose.DRAFTS)
    page = opened(token).content.decode()
    assert "Sunset at the pier" not in page
    assert "pier" not in page


def test_a_report_is_shared_without_captions(account):
    history_of_posts(account, count=6, until=timezone.now())
    account.posts.update(caption="Words of a caption")
    period = Period.around(PeriodKind.MONTH, timezone.localdate() - timedelta(days=3))
    _link, token = create_link(account_id=account.pk, shown=period)
    page = opened(token).content.decode()
    assert "Post by post" in page
    assert "Words of a caption" not in page
    assert account.posts.first().public_id not in page


@pytest.mark.parametrize("end", ["revoked", "forecast deleted", "consent withdrawn", "erased", "unknown"])
def test_a_link_that_ended_answers_like_one_that_never_was(account, forecast, end):
    link, token = create_link(account_id=account.pk, shown=forecast)
    assert opened(token).status_code == 200
    match end:
        case "revoked":
            services.revoke_link(link=link, now=timezone.now())
        case "forecast deleted":
            forecast.delete()
        case "consent withdrawn":
            disagree(account.user, Purpose.SERVICE)
            # and stays ended, also for who comes back
            agree(account.user, Purpose.SERVICE)
        case "erased":
            erase(account.user)
        case "unknown":
            token = ("y" if token[0] == "x" else "x") + token[1:]
    ended = opened(token)
    assert ended.status_code == 404
    assert "This link does not work (any more)" in ended.content.decode()
    assert ended.content == opened("never").content


def test_links_end_on_their_day_and_last_at_most_ninety(account, forecast):
    _link, token = create_link(account_id=account.pk, shown=forecast, days=400)
    with time_machine.travel(timezone.now() + timedelta(days=89)):
        assert opened(token).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert opened(token).status_code == 404


def test_the_token_is_kept_nowhere(account, forecast):
    link, token = create_link(account_id=account.pk, shown=forecast)
    stored = SharedLink.objects.filter(pk=link.pk).values().get()
    assert len(token) >= 43
    assert not [value for value in stored.values() if token in str(value)]


def test_an_opening_is_counted_and_stands_in_the_trail_as_a_visitors(account, forecast):
    link, token = create_link(account_id=account.pk, shown=forecast)
    opened(token)
    visitor = Client()
    visitor.force_login(PredictionFactory().account.user)
    visitor.get(f"/shared/{token}/")
    link.refresh_from_db()
    assert (link.opened, link.last_opened_on) == (2, timezone.now().date())
    events = events_about(account.user_id, by_others=True).filter(actor_kind=AccessEvent.Actor.VISITOR)
    assert [(event.action, event.what, event.actor) for event in events] == [("read", "predictions:shared", "")] * 2
    owner = Client()
    owner.force_login(account.user)
    assert owner.get(f"/shared/{token}/").status_code == 200
    link.refresh_from_db()
    assert link.opened == 2
    assert "Somebody with your link" in owner.get("/your-data/access/").content.decode()


def test_opening_is_limited(account, forecast, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"shared": "2/min"}
    _link, token = create_link(account_id=account.pk, shown=forecast)
    assert [opened(token).status_code for _ in range(3)] == [200, 200, 429]


def test_over_rest_the_address_is_told_once(account, client_of, forecast):
    made = client_of.post("/api/v1/shares", {"prediction_id": forecast.public_id, "days": 7}, format="json")
    assert made.status_code == 201, made.content
    token = made.json()["address"].rstrip("/").rpartition("/")[2]
    assert opened(token).status_code == 200
    kept = client_of.get(made["Location"]).json()
    assert kept == client_of.get("/api/v1/shares").json()["results"][0]
    assert (kept["opened"], "address" in kept) == (1, False)
    assert client_of.delete(made["Location"]).status_code == 204
    assert opened(token).status_code == 404


def test_over_rest_one_own_thing_is_shared(account, client_of, forecast):
    report = {"account_id": account.public_id, "period": "week", "day": "2026-11-25"}
    made = client_of.post("/api/v1/shares", report, format="json").json()
    assert (made["period"], made["first_day"], made["prediction_id"]) == ("week", "2026-11-23", None)
    refused = [
        ({}, 400),
        ({"account_id": account.public_id}, 400),
        (report | {"prediction_id": forecast.public_id}, 400),
        (report | {"day": "9999-12-31"}, 400),
        (report | {"day": "0001-01-01"}, 400),
        ({"prediction_id": PredictionFactory().public_id}, 404),
        (report | {"account_id": PredictionFactory().account.public_id}, 404),
        ({"prediction_id": forecast.public_id, "days": 91}, 400),
    ]
    for body, status in refused:
        assert client_of.post("/api/v1/shares", body, format="json").status_code == status, body


def test_on_pages_a_link_is_made_and_revoked(account, forecast):
    browser = Client()
    browser.force_login(account.user)
    page = browser.post(f"/sharing/forecasts/{forecast.public_id}/", {"days": "30"})
    link = SharedLink.objects.get()
    address = page.context["address"]
    assert address in page.content.decode()
    assert Client().get(address).status_code == 200
    assert "works" in browser.get("/sharing/").content.decode()
    browser.post(f"/sharing/{link.public_id}/revoke/")
    assert Client().get(address).status_code == 404
    assert "revoked" in browser.get("/sharing/").content.decode()


def test_one_account_has_so_many_links_at_most(account, forecast, monkeypatch):
    monkeypatch.setattr(services, "MOST_LINKS", 1)
    SharedLinkFactory(prediction=forecast, expires_at=timezone.now() - timedelta(days=1))
    create_link(account_id=account.pk, shown=Period(PeriodKind.WEEK, date(2026, 11, 23)))
    with pytest.raises(services.TooManyLinks):
        create_link(account_id=account.pk, shown=forecast)


def test_an_erasure_that_waits_for_tiktok_shows_nothing_meanwhile(account, forecast):
    _link, token = create_link(account_id=account.pk, shown=forecast)
    for stop in hooks.STOP:
        stop(subject_of(account.user_id))
    assert opened(token).status_code == 404
