"""Input of POST /predict: any JSON is forecast or refused in words."""

import json

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.uploads import MAX_JSON_BYTES
from posts.content.captions import MAX_RETURNED
from posts.ingest.fingerprints import caption_fingerprint
from predictions.models import Prediction
from tests.posts.long_captions import LONG
from tests.predictions.forecasts.api_requests import in_hours, post_form, sample

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"text": None}, "post.text", "null"),
        ({"text": ["a"]}, "post.text", "string"),
        ({"text": "a" * 10_001}, "post.text", "10000"),
        ({"text": "a\x00b"}, "post.text", "Null"),
        ({"text": "\ud800"}, "post.text", "Surrogate"),
        ({"scheduled_time_utc": in_hours(-1)}, "post.scheduled_time_utc", "past"),
        ({"scheduled_time_utc": in_hours(366 * 24)}, "post.scheduled_time_utc", "year"),
        ({"scheduled_time_utc": "tomorrow"}, "post.scheduled_time_utc", "a date and a time"),
        ({"scheduled_time_utc": "2026-12-01"}, "post.scheduled_time_utc", "a date and a time"),
        ({"scheduled_time": in_hours(3)}, "post.scheduled_time", "did you mean `scheduled_time_utc`?"),
        ({"text": 5}, "post.text", "expected a string; got an integer"),
        ({"text": True}, "post.text", "got a boolean"),
        ({"duration_s": 5.0}, "post.duration_s", "got a number with a fraction"),
        ({"duration_s": "5"}, "post.duration_s", "got a string"),
        ({"duration_s": True}, "post.duration_s", "got a boolean"),
        ({"location": {"lat": "49", "lon": 0}}, "post.location.lat", "expected a number; got a string"),
        ({"location": {"lat": 10**30, "lon": 0}}, "post.location.lat", "90"),
        ({"hashtags": ["sunset", 5]}, "post.hashtags[1]", "got an integer"),
        ({"metadata": {"clinet": "web"}}, "post.metadata.clinet", "did you mean `client`?"),
        ({"\ud800": 1}, "post.?", "not known"),
        ({"scheduled_time_utc": "9999-12-31T23:59:59-23:00"}, "post.scheduled_time_utc", ""),
        ({"hashtags": "sunset"}, "post.hashtags", "list"),
        ({"hashtags": ["a" * 101]}, "post.hashtags[0]", "100"),
        ({"hashtags": ["a"] * 101}, "post.hashtags", "100"),
        ({"hashtags": ["sunset", "jane@example.com"]}, "post.hashtags[1]", "jane@example.com"),
        ({"hashtags": ["+49 170 1234567"]}, "post.hashtags", "no hashtag"),
        ({"hashtags": ["491701234567"]}, "post.hashtags", "reach somebody"),
        ({"hashtags": ["my whole secret sentence"]}, "post.hashtags", "without spaces"),
        ({"hashtags": ["#"]}, "post.hashtags", "no hashtag"),
        ({"hashtags": ["one#two"]}, "post.hashtags", "no hashtag"),
        ({"duration_s": 0}, "post.duration_s", "1"),
        ({"duration_s": 3601}, "post.duration_s", "3600"),
        ({"duration_s": "long"}, "post.duration_s", "integer"),
        ({"location": {"lat": 91, "lon": 0}}, "post.location.lat", "90"),
        ({"metadata": {"client": "a" * 101}}, "post.metadata.client", "100"),
        ({"metadata": "web"}, "post.metadata", "expected an object"),
    ],
)
def test_bad_input_is_answered_with_the_field_and_what_is_wrong(change, field, words, account, client_of):
    request = sample(account)
    request["post"] |= change
    response = client_of.post("/predict", json.dumps(request), content_type="application/json")
    assert response.status_code == 400
    problem = response.json()
    assert (problem["status"], response["Content-Type"]) == (400, "application/problem+json")
    matching = [error for error in problem["errors"] if error["field"].startswith(field)]
    assert matching, problem
    assert words.lower() in matching[0]["message"].lower()


@pytest.mark.parametrize(
    "body", ["", "{", "[1]", "null", '"text"', "NaN", "{}", '{"post": []}', "[" * 100_000, "1" * 5000]
)
def test_what_is_no_request_is_refused_in_words(body, account, client_of):
    response = client_of.post("/predict", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]


def test_too_large_a_body_is_not_read(account, client_of):
    body = json.dumps(sample(account, text="a" * MAX_JSON_BYTES))
    assert client_of.post("/predict", body, content_type="application/json").status_code == 413
    assert post_form(client_of, sample(account), ("a.jpg", b"0" * 6 * 1024 * 1024)).status_code == 413
    assert post_form(client_of, sample(account, text="a" * MAX_JSON_BYTES)).status_code == 413
    assert post_form(client_of, sample(account, text="a" * 3 * 1024 * 1024)).status_code == 413


def test_other_content_types_are_refused(account, client_of):
    response = client_of.post("/predict", "post=1", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415


@pytest.mark.parametrize(
    "text", ["", "מה שלומך היום?", "夕日がきれい！", "👩‍👩‍👧‍👦" * 50, "#" * 500, "ﷺ" * 10_000, "a\u202eb\u200d\n\t "]
)
def test_captions_in_any_script_are_forecast(text, champion, learned_account, client_of):
    assert client_of.post("/predict", sample(learned_account, text=text), format="json").status_code == 200


def test_members_may_be_left_out_or_null(champion, learned_account, client_of):
    minimal = {"post": {"text": "hello"}}
    nulls = {
        "account_id": None,
        "post": {"text": "hello", "scheduled_time_utc": None, "duration_s": None, "location": None, "metadata": None},
    }
    for request in (minimal, nulls):
        before = timezone.now()
        response = client_of.post("/predict", request, format="json")
        assert response.status_code == 200, response.json()
        recorded = Prediction.objects.get(public_id=response.json()["prediction_id"])
        assert before <= recorded.publish_at <= timezone.now()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


names = ["text", "scheduled_time_utc", "hashtags", "duration_s", "location", "metadata", "client", "lat", "lon"]


posts_of_a_sort = st.dictionaries(
    st.sampled_from(names),
    json_values | st.datetimes().map(str) | st.dictionaries(st.sampled_from(names), json_values),
)


requests_of_a_sort = json_values | st.fixed_dictionaries(
    {"post": posts_of_a_sort | posts_of_a_sort.map(lambda post: {"text": "hello"} | post)},
    optional={"account_id": json_values, "explain": json_values},
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests_of_a_sort)
def test_no_json_whatever_breaks_it(champion, learned_account, client_of, request_body):
    response = client_of.post("/predict", json.dumps(request_body), content_type="application/json")
    assert response.status_code in {200, 400, 404}, response.content
    assert "detail" in response.json() or "prediction" in response.json()


@pytest.mark.parametrize("name", LONG)
def test_a_long_caption_is_forecast_as_what_tiktok_will_return_of_it(name, account, client_of):
    whole, returned = (client_of.post("/api/v1/predict", sample(account, text=text, hashtags=[]), format="json").json()
                       for text in (LONG[name], LONG[name][:MAX_RETURNED]))  # fmt: skip
    assert whole["prediction"] == returned["prediction"]
    newest, before = Prediction.objects.order_by("-pk")[:2]
    assert newest.caption_fingerprint == before.caption_fingerprint == caption_fingerprint(LONG[name])
    [rule] = [rule for rule in whole["rules"] if rule["rule"] == "caption_length"]
    assert (rule["found"], rule["kept"]) == (len(LONG[name]), False)
