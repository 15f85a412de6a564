"""Suggestions in POST /predict: what to change, by how much, on what evidence; told, kept, and never of others."""

import datetime
import io
import json
import zipfile

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail

from accounts.linked.services import choose_time_zone
from predictions.forecasts.serializers import PredictRequestSerializer, PredictResponseSerializer
from predictions.learning import services
from predictions.learning.selectors import stale_accounts
from predictions.models import AccountWeights, Experiment, Prediction
from privacy.export import services as exporting
from privacy.purposes import Purpose
from tests.factories import ExperimentFactory, agree, disagree, history_with_effects
from tests.predictions.forecasts.api_requests import in_hours, sample

pytestmark = pytest.mark.django_db

DRAFT = "At the pier again #pier"
NAMES = {
    *("feature", "action", "value", "title", "impact_estimate_pct", "impact_interval_pct", "chance", "basis"),
    *("evidence", "changes"),
}


@pytest.fixture
def reacting_account(account):
    """An account whose audience likes questions, #dunes, and hours after noon UTC."""
    history_with_effects(account, count=90, until=timezone.now() - datetime.timedelta(hours=30))
    assert services.update_weights(account_id=account.pk)
    return account


def ask(client, account, **members):
    response = client.post("/predict", sample(account, text=DRAFT, hashtags=[]) | members, format="json")
    assert response.status_code == 200, response.json()
    return response.json()


def morning() -> str:
    """07:00 UTC of the day after tomorrow."""
    day = timezone.now() + datetime.timedelta(days=2)
    return day.replace(hour=7, minute=0, second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_works_is_suggested_with_its_effect_range_and_basis(champion, reacting_account, client_of):
    body = ask(client_of, reacting_account)
    told = {(each["feature"], each["action"]): each for each in body["suggestions"]}
    dunes = told["hashtags", "add"]
    assert (dunes["value"], dunes["title"]) == ("#dunes", "Add #dunes")
    assert dunes["changes"] == {"text": f"{DRAFT} #dunes"}
    creators = champion.manifest["accounts"]
    assert dunes["basis"] == f"your 45 posts with #dunes; {creators} creators like you"
    assert dunes["evidence"] == "own_posts"
    for each in body["suggestions"]:
        assert set(each) == NAMES
        low, high = each["impact_interval_pct"]
        assert low < each["impact_estimate_pct"] < high
        assert 0.9 < each["chance"] <= 1
    effects = [each["impact_estimate_pct"] for each in body["suggestions"]]
    assert effects == sorted(effects, reverse=True)
    assert len(effects) <= 5
    assert body["suggestions_note"] is None
    assert body["combination"]["impact_estimate_pct"] > effects[0]
    assert set(body["combination"]["features"]) <= {each["feature"] for each in body["suggestions"]}


def test_what_an_experiment_answered_rests_on_a_randomised_test(champion, reacting_account, client_of):
    def evidence() -> dict[str, str]:
        return {each["feature"]: each["evidence"] for each in ask(client_of, reacting_account)["suggestions"]}

    before = evidence()
    assert before["question"] != "randomised_test"
    ExperimentFactory(account=reacting_account, state=Experiment.State.ANSWERED)
    ExperimentFactory(state=Experiment.State.ANSWERED, feature="post_time", first=9, second=20)
    assert evidence() == before | {"question": "randomised_test"}


def test_following_a_suggestion_leaves_it_out_the_next_time(champion, reacting_account, client_of):
    first = ask(client_of, reacting_account)
    [dunes] = [each for each in first["suggestions"] if each["value"] == "#dunes"]
    post = sample(reacting_account, text=dunes["changes"]["text"], hashtags=[])
    second = client_of.post("/predict", post, format="json").json()
    assert "#dunes" not in [each["value"] for each in second["suggestions"] if each["action"] == "add"]


def test_the_answer_keeps_to_the_schema(champion, reacting_account, client_of):
    body = ask(client_of, reacting_account, map=True)
    schema = PredictResponseSerializer(data=body)
    assert schema.is_valid(), schema.errors
    assert set(body) == set(schema.fields)


def test_a_hashtag_that_harms_is_taken_out_of_text_and_list(champion, reacting_account, client_of):
    post = sample(reacting_account, text="My pick", hashtags=["#Pier", "sea"], scheduled_time_utc=in_hours(60))
    told = client_of.post("/predict", post, format="json").json()["suggestions"]
    removed = [each["changes"] for each in told if each["action"] == "remove" and each["value"] == "#pier"]
    assert removed == [{"hashtags": ["sea"]}]


def test_times_are_suggested_in_the_window_alone(champion, reacting_account, client_of):
    # the morning, in which this audience sleeps
    post = {"text": DRAFT, "scheduled_time_utc": morning()}
    start, end = in_hours(24), in_hours(24 * 5)
    told = ask(client_of, reacting_account, post=post, window={"start_utc": start, "end_utc": end})["suggestions"]
    [moment] = [each["value"] for each in told if each["feature"] == "post_time"]
    assert start <= moment <= end
    assert 11 <= datetime.datetime.fromisoformat(moment).hour <= 23


@pytest.mark.parametrize(
    ("start", "end", "field", "words"),
    [
        (-2, 20, "window.start_utc", "The window starts in the past; expected a moment still to come."),
        (20, 10, "window.end_utc", "The window ends before it starts; expected a later moment."),
        (20, 20, "window.end_utc", "The window ends before it starts; expected a later moment."),
        (1, 1 + 24 * 14.1, "window.end_utc", "The window is longer than 14 days; expected a shorter one."),
    ],
)
def test_a_bad_window_is_refused_in_one_sentence(start, end, field, words, account, client_of):
    window = {"start_utc": in_hours(start), "end_utc": in_hours(end)}
    response = client_of.post("/predict", sample(account) | {"window": window}, format="json")
    assert response.status_code == 400
    assert response.json()["errors"] == [{"field": field, "message": words}]
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("window", [{}, {"start_utc": "now", "end_utc": "later"}, [], "two days", {"start_utc": None}])
def test_what_is_no_window_is_refused_by_name(window):
    serializer = PredictRequestSerializer(data={"post": {"text": ""}, "window": window})
    assert not serializer.is_valid()
    assert set(serializer.errors) == {"window"}
    assert "ErrorDetail" in repr(serializer.errors) or isinstance(serializer.errors["window"], ErrorDetail)


def test_nothing_reliable_is_an_answer(champion, account, client_of):
    body = ask(client_of, account)
    assert (body["suggestions"], body["combination"]) == ([], None)
    assert body["suggestions_note"].startswith("Nothing reliable found")
    assert Prediction.objects.get().suggestions == []


def test_who_asks_for_no_suggestions_gets_none(champion, reacting_account, client_of):
    body = ask(client_of, reacting_account, suggest=False)
    assert (body["suggestions"], body["suggestions_note"], body["combination"]) == ([], None, None)
    recorded = Prediction.objects.get()
    assert (recorded.suggestions, recorded.combination) == (None, None)


def test_rules_are_told_as_rules_with_their_source(account, client_of, settings):
    settings.TIKTOK_MAX_HASHTAGS = 3
    text = "x" * 160 + " #a #b #c #d"
    rules = {rule["rule"]: rule for rule in ask(client_of, account, post={"text": text})["rules"]}
    assert (rules["hashtags"]["limit"], rules["hashtags"]["found"], rules["hashtags"]["kept"]) == (3, 4, False)
    assert (rules["caption_length"]["limit"], rules["caption_length"]["kept"]) == (150, False)
    assert all(rule["source"] and rule["says"] for rule in rules.values())


# --- kept ------------------------------------------------------------------------------------------------------------


def test_what_was_told_is_kept_without_the_text(champion, reacting_account, client_of):
    text = "Zyzzyva beetles march at dawn #quiddity"
    post = sample(reacting_account, text=text, hashtags=[])
    body = client_of.post("/predict", post, format="json").json()
    assert any("Zyzzyva" in each["changes"].get("text", "") for each in body["suggestions"])
    recorded = Prediction.objects.get()
    for each in (*body["suggestions"], body["combination"]):
        each["changes"].pop("text", None)
    assert recorded.suggestions == body["suggestions"] != []
    assert recorded.combination == body["combination"]
    read_again = client_of.get(f"/api/v1/predictions/{body['prediction_id']}/").json()
    assert (read_again["suggestions"], read_again["combination"]) == (body["suggestions"], body["combination"])
    with connection.cursor() as cursor:
        [row] = cursor.execute("SELECT t::text FROM predictions_prediction t").fetchone()
    assert "quiddity" in row
    assert "zyzzyva" not in row.lower()


def test_no_text_is_left_for_who_stops_keeping_drafts(champion, reacting_account, client_of):
    agree(reacting_account.user, Purpose.DRAFTS)
    ask(client_of, reacting_account)
    assert Prediction.objects.get().caption == DRAFT
    disagree(reacting_account.user, Purpose.DRAFTS)
    assert DRAFT not in str(Prediction.objects.values().get())


def test_what_was_told_is_in_the_copy_of_everything(champion, reacting_account, client_of):
    told = ask(client_of, reacting_account)["suggestions"]
    export = exporting.request_export(user_id=reacting_account.user_id)
    assert exporting.make(export_pk=export.pk)
    browser = Client()
    browser.force_login(reacting_account.user)
    answer = browser.get(f"/your-data/export/{export.public_id}/archive.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    [row] = json.loads(archive.read("predictions.prediction.json"))
    assert [each["title"] for each in row["suggestions"]] == [each["title"] for each in told]
    assert row["combination"]


def test_without_consent_nothing_is_suggested(champion, reacting_account, client_of):
    disagree(reacting_account.user, Purpose.SERVICE)
    assert client_of.post("/predict", sample(reacting_account), format="json").status_code == 403


# --- local time ------------------------------------------------------------------------------------------------------


def test_hours_are_told_in_the_zone_that_was_chosen(champion, reacting_account, client_of):
    choose_time_zone(account_id=reacting_account.pk, name="Asia/Kolkata")
    assert list(stale_accounts(timezone.now())) == [reacting_account]
    assert services.update_weights(account_id=reacting_account.pk)
    assert not stale_accounts(timezone.now()).exists()
    body = ask(client_of, reacting_account, post={"text": DRAFT, "scheduled_time_utc": morning()}, map=True)
    [told] = [each for each in body["suggestions"] if each["feature"] == "post_time"]
    moment = datetime.datetime.fromisoformat(told["value"])
    # whole hours of a zone half an hour off
    assert moment.minute == 30
    local = moment + datetime.timedelta(hours=5, minutes=30)
    assert (
        told["title"]
        == f"Publish on {local:%A}, {local.day} {local:%B} at {local:%H:%M} (your local time, Asia/Kolkata)"
    )
    assert f"around {local:%H:%M} (your local time)" in told["basis"]
    assert body["map"]["time_zone"] == "Asia/Kolkata"
    assert AccountWeights.objects.get().summary["time_zone"] == "Asia/Kolkata"


def test_the_map_has_a_week_of_hours_and_agrees_with_the_suggestion(champion, reacting_account, client_of):
    choose_time_zone(account_id=reacting_account.pk, name="UTC")
    assert services.update_weights(account_id=reacting_account.pk)
    planned = datetime.datetime.fromisoformat(morning())
    body = ask(client_of, reacting_account, post={"text": DRAFT, "scheduled_time_utc": morning()}, map=True)
    effects, chances = body["map"]["effect_pct"], body["map"]["chance"]
    assert [len(day) for day in (*effects, *chances)] == [24] * 14
    assert effects[planned.weekday()][planned.hour] == 0
    [told] = [each for each in body["suggestions"] if each["feature"] == "post_time"]
    moment = datetime.datetime.fromisoformat(told["value"])
    assert effects[moment.weekday()][moment.hour] == told["impact_estimate_pct"]
    assert chances[moment.weekday()][moment.hour] == told["chance"]
    assert ask(client_of, reacting_account)["map"] is None
