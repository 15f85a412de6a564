"""Reports of bad suggestions, switching off by itself, and what staff see."""

import datetime
import json

import pytest
import structlog
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from predictions.models import Prediction, SuggestionReport, SuggestionSwitch
from predictions.reports import services
from predictions.reports.records import MIN_SHOWN, MIN_TRIED, FeatureRecord, is_tried
from predictions.reports.selectors import feature_records
from privacy.purposes import Purpose
from tests.factories import (
    HOUR,
    SUGGESTION,
    OutcomeFactory,
    PostFactory,
    PredictionFactory,
    StaffFactory,
    SuggestionReportFactory,
    TikTokAccountFactory,
    agree,
    disagree,
    enter_admin,
)

pytestmark = pytest.mark.django_db

SAID = {"rank": 1, "reason": "harmful", "text": "My followers hate questions"}


@pytest.fixture
def prediction(account) -> Prediction:
    agree(account.user, Purpose.DRAFTS)
    return PredictionFactory(account=account, suggestions=[SUGGESTION])


@pytest.fixture
def address(prediction) -> str:
    return f"/api/v1/predictions/{prediction.public_id}/reports/"


def test_a_report_given_again_replaces_the_first_and_can_be_taken_back(address, client_of):
    first = client_of.post(address, SAID, format="json")
    assert first.status_code == 201, first.content
    assert {name: first.json()[name] for name in ("feature", *SAID)} == {"feature": "question", **SAID}
    changed = client_of.post(address, SAID | {"reason": "unclear", "text": ""}, format="json")
    assert (changed.status_code, changed.json()["reason"]) == (200, "unclear")
    assert client_of.get(address).json() == [changed.json()]
    for _ in range(2):
        assert client_of.delete(f"{address}?rank=1").status_code == 204
    assert not SuggestionReport.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rank": 2}, "rank"),
        ({"rank": 0}, "rank"),
        ({"rank": "best"}, "rank"),
        ({"reason": "ugly"}, "reason"),
        ({"reason": None}, "reason"),
        ({"text": "x" * 1001}, "text"),
        ({"text": "nul\x00"}, "text"),
    ],
)
def test_what_cannot_be_reported_is_refused_by_name(change, field, address, client_of):
    answer = client_of.post(address, json.dumps(SAID | change), content_type="application/json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not SuggestionReport.objects.exists()


@pytest.mark.parametrize("suggestions", [None, []])
def test_a_forecast_without_suggestions_has_none_to_report(suggestions, account, client_of):
    prediction = PredictionFactory(account=account, suggestions=suggestions)
    answer = client_of.post(f"/api/v1/predictions/{prediction.public_id}/reports/", SAID, format="json")
    assert answer.status_code == 400
    assert "nothing was suggested" in answer.json()["detail"]


@pytest.mark.parametrize("rank", ["", "one", "²", "1" * 20])
def test_what_is_no_rank_cannot_be_taken_back(rank, address, client_of):
    assert client_of.delete(address, QUERY_STRING=f"rank={rank}").status_code == 400


def test_anothers_forecast_does_not_exist(client_of):
    other = SuggestionReportFactory()
    address = f"/api/v1/predictions/{other.prediction.public_id}/reports/"
    assert client_of.get(address).status_code == 404
    assert client_of.post(address, SAID, format="json").status_code == 404
    assert client_of.delete(f"{address}?rank=1").status_code == 404
    page = f"/forecasts/{other.prediction.public_id}/suggestions/1/report/"
    browser = Client()
    browser.force_login(TikTokAccountFactory().user)
    assert browser.post(page, SAID).status_code == 404
    assert APIClient().get(address).status_code in (401, 403)
    assert SuggestionReport.objects.get() == other


def test_own_words_are_kept_for_those_alone_who_keep_texts(address, account, client_of):
    client_of.post(address, SAID, format="json")
    disagree(account.user, Purpose.DRAFTS)
    assert SuggestionReport.objects.get().text == ""
    assert client_of.post(address, SAID, format="json").json()["text"] == ""
    disagree(account.user, Purpose.SERVICE)
    assert client_of.post(address, SAID, format="json").status_code == 403


def test_a_person_reports_on_the_forecasts_page(prediction, account):
    browser = Client()
    browser.force_login(account.user)
    page = browser.get(f"/forecasts/{prediction.public_id}/").content.decode()
    assert f"/forecasts/{prediction.public_id}/suggestions/1/report/" in page
    answer = browser.post(f"/forecasts/{prediction.public_id}/suggestions/1/report/", SAID, follow=True)
    assert "staff of this service see your report" in answer.content.decode()
    assert SuggestionReport.objects.get().reason == "harmful"
    for rank, said, words in ((1, {"reason": "none"}, "choose a reason"), (9, SAID, "no such suggestion")):
        answer = browser.post(f"/forecasts/{prediction.public_id}/suggestions/{rank}/report/", said, follow=True)
        assert words in answer.content.decode()
    assert SuggestionReport.objects.count() == 1


def switched_off() -> set[str]:
    return set(SuggestionSwitch.objects.filter(is_off=True).values_list("feature", flat=True))


def tried(*, right: int, wrong: int, ago: datetime.timedelta = 5 * 24 * HOUR) -> None:
    """People forecast a draft, ask a question as suggested, and publish it."""
    for index in range(right + wrong):
        account = TikTokAccountFactory()
        told = PredictionFactory(account=account, suggestions=[SUGGESTION], typical=160.0)
        applied = PredictionFactory(account=account)
        post = PostFactory(account=account, text="Which pier is it?")
        OutcomeFactory(prediction=applied, post=post, likes=300.0 if index < right else 90.0)
        moment = timezone.now() - ago
        Prediction.objects.filter(pk=told.pk).update(created_at=moment)
        Prediction.objects.filter(pk=applied.pk).update(created_at=moment + 0.2 * HOUR)


def test_suggestions_that_fail_often_are_switched_off_and_staff_switch_them_on(caplog):
    tried(right=4, wrong=MIN_TRIED - 4)
    with structlog.testing.capture_logs() as logs:
        services.watch_suggestions()
    assert switched_off() == {"question"}
    assert "suggestions_switched_off" in [each["event"] for each in logs]
    switch = SuggestionSwitch.objects.get()
    assert (switch.figures["tried"], switch.figures["right"]) == (MIN_TRIED, 4)
    assert "only 4 of 20" in switch.why
    staff = enter_admin(Client())
    page = staff.get("/admin/predictions/suggestionswitch/").content.decode()
    assert "only 4 of 20" in page
    staff.post("/admin/predictions/suggestionswitch/", {"action": "suggest_again", "_selected_action": [switch.pk]})
    assert switched_off() == set()
    # what was told before counts no more
    services.watch_suggestions()
    assert switched_off() == set()


def test_suggestions_that_help_stay():
    tried(right=MIN_TRIED - 4, wrong=4)
    services.watch_suggestions()
    assert switched_off() == set()
    assert SuggestionSwitch.objects.get().figures["right"] == MIN_TRIED - 4


def test_what_was_given_and_applied_is_counted_by_kind_for_monitoring_and_staff(settings, client):
    tried(right=2, wrong=1)
    brighter = SUGGESTION | {"feature": "cover_brightness", "changes": {"measures": {"cover_brightness": 0.5}}}
    PredictionFactory(suggestions=[SUGGESTION, brighter])
    services.watch_suggestions()
    settings.METRICS_TOKEN = "scrape"
    metrics = client.get("/metrics", headers={"Authorization": "Bearer scrape"}).content.decode()
    for figure, count in (("given", 4), ("applied", 3), ("applied_better", 2)):
        assert f'postcast_suggestions_{figure}{{feature="question"}} {count}.0' in metrics
    # a post does not show whether its cover was changed: that is not told as none
    assert 'postcast_suggestions_given{feature="cover_brightness"} 1.0' in metrics
    assert 'applied{feature="cover_brightness"}' not in metrics
    home = enter_admin(Client()).get("/admin/").content.decode()
    assert "4 given, 3 applied, 2 did better" in home
    assert "<dt>Cover brightness</dt><dd>1 given</dd>" in home
    SuggestionSwitch.objects.filter(feature="question").update(is_off=True, why="4 of 50 were reported as bad")
    assert "Suggestions of the kind question are switched off" in enter_admin(Client()).get("/admin/").content.decode()


def test_people_who_do_not_agree_to_comparing_are_left_out(account):
    PredictionFactory(account=account, suggestions=[SUGGESTION])
    assert feature_records(timezone.now())["question"].shown == 1
    disagree(account.user, Purpose.OUTCOMES)
    assert feature_records(timezone.now()) == {}


def test_reports_of_several_people_switch_off_and_those_of_one_do_not(account):
    predictions = PredictionFactory.create_batch(MIN_SHOWN, account=account, suggestions=[SUGGESTION])
    for prediction in predictions[:5]:
        SuggestionReportFactory(prediction=prediction)
    services.watch_suggestions()
    assert switched_off() == set()
    SuggestionReportFactory.create_batch(2)
    services.watch_suggestions()
    assert switched_off() == {"question"}
    assert "reported as bad" in SuggestionSwitch.objects.get().why


@pytest.mark.parametrize(
    ("record", "is_bad"),
    [
        (FeatureRecord("x", shown=49, reported=40, reporters=9), False),
        (FeatureRecord("x", shown=100, reported=5, reporters=5), False),
        (FeatureRecord("x", shown=100, reported=6, reporters=5), True),
        (FeatureRecord("x", shown=100, reported=6, reporters=2), False),
        (FeatureRecord("x", tried=19, right=0), False),
        (FeatureRecord("x", tried=20, right=11), False),  # 55 %, but so it can be by chance
        (FeatureRecord("x", tried=20, right=7), True),
        (FeatureRecord("x", tried=400, right=212), True),
        (FeatureRecord("x", tried=400, right=240), False),
    ],
)
def test_the_bounds(record, is_bad):
    assert bool(record.fault) == is_bad


@pytest.mark.parametrize(
    ("change", "text", "is_tried_"),
    [
        ({}, "Which pier?", True),
        ({}, "The pier", False),
        ({"feature": "question", "action": "remove"}, "The pier", True),
        ({"feature": "hashtags", "action": "add", "value": "#sea"}, "The pier #sea", True),
        ({"feature": "hashtags", "action": "remove", "value": "#sea"}, "The pier #sea", False),
        ({"feature": "emoji", "changes": {"measures": {"emoji": 1}}}, "The pier 🌊", True),
        ({"feature": "duration", "changes": {"duration_s": 21}}, "", True),
        ({"feature": "duration", "changes": {"duration_s": 60}}, "", False),
        ({"feature": "caption_length", "changes": {"measures": {"length": 9}}}, "The pier", True),
        ({"feature": "tone", "changes": {"measures": {"sentiment": 0.9}}}, "The pier", False),
        ({"feature": "cover_brightness", "changes": {"measures": {"cover_brightness": 0.5}}}, "", False),
        ({"feature": "post_time", "changes": {}}, "", False),
    ],
)
def test_a_post_has_what_was_suggested_or_not(change, text, is_tried_):
    post = PostFactory(text=text)
    assert is_tried(SUGGESTION | change, post.content, post.posted_at, post.duration_s) == is_tried_


def test_a_suggested_time_is_kept_within_an_hour_and_a_half():
    post = PostFactory()
    for apart, is_kept in ((1, True), (2, False)):
        told = SUGGESTION | {
            "feature": "post_time",
            "changes": {"scheduled_time_utc": (post.posted_at + apart * HOUR).isoformat()},
        }
        assert is_tried(told, post.content, post.posted_at, post.duration_s) == is_kept


def test_staff_see_a_report_beside_the_evidence(prediction):
    report = SuggestionReportFactory(prediction=prediction, text="My followers hate questions")
    OutcomeFactory(prediction=prediction, likes=93.0)
    staff = enter_admin(Client())
    for path in ("", f"{report.pk}/change/"):
        page = staff.get(f"/admin/predictions/suggestionreport/{path}").content.decode()
        assert "Ask a question" in page
        assert "93 likes; 160 were forecast" in page
        assert "My followers hate questions" in page
    assert "your 23 posts with a question (own_posts)" in page


def test_staff_without_the_permission_cannot_switch():
    from django.contrib.auth.models import Group

    SuggestionSwitch.objects.create(feature="tone", changed_at=timezone.now())
    analyst = StaffFactory(is_superuser=False)
    analyst.groups.add(Group.objects.get(name="analyst"))
    staff = enter_admin(Client(), analyst)
    staff.post(
        "/admin/predictions/suggestionswitch/",
        {"action": "suggest_again", "_selected_action": [SuggestionSwitch.objects.get().pk]},
    )
    assert switched_off() == {"tone"}
