"""The contract of POST /api/v1/predict and /predict."""

import datetime
import io
import json
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from rest_framework.test import APIClient

from posts.content.captions import measure_caption
from posts.models import PostsChange
from predictions.forecasts import api as predictions_api
from predictions.learning import services
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import PostFactory, TikTokAccountFactory, UserFactory, agree

pytestmark = pytest.mark.django_db

ROUTES = ["/api/v1/predict", "/predict"]


def in_hours(number: float) -> str:
    return (timezone.now() + datetime.timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sample(account=None, **post) -> dict[str, Any]:
    """The contract's request."""
    request = {
        "post": {
            "text": "Sunset at the pier #sunset #photography",
            "scheduled_time_utc": in_hours(3),
            "hashtags": ["sunset", "photography"],
            "location": {"lat": 49.2827, "lon": -123.1207},
            "metadata": {"client": "web-v0.9", "platform": "ios"},
            **post,
        },
        "explain": True,
    }
    return request | ({"account_id": account.public_id} if account else {})


def picture(kind: str = "JPEG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(data, kind)
    return data.getvalue()


def post_form(client: APIClient, payload: object, *media: tuple[str, bytes], route: str = ROUTES[0]):
    files = [SimpleUploadedFile(name, data) for name, data in media]
    return client.post(route, {"payload": json.dumps(payload), "media": files}, format="multipart")


@pytest.mark.parametrize("route", ROUTES)
def test_the_answer_has_the_contracts_shape_and_names(route, champion, learned_account, client_of):
    response = client_of.post(route, sample(learned_account), format="json")

    assert response.status_code == 200
    body = response.json()
    assert set(body) == {
        *("model_version", "prediction", "baseline", "suggestions", "explanation", "diagnostics"),
        *("prediction_id", "basis"),
    }
    assert set(body["prediction"]) == {
        *("predicted_engagement", "predicted_bucket", "typical", "interval", "metrics", "horizon_hours"),
        *("measures", "engagement_rate"),
    }
    assert set(body["baseline"]) == {"predicted_engagement"}
    assert set(body["diagnostics"]) == {
        *("latency_ms", "feature_fetch_ms", "inference_ms", "weights_updated_at", "warnings")
    }
    assert body["model_version"] == champion.name == "v1.0.0"
    assert body["basis"] == "account"
    prediction = body["prediction"]
    low, high = prediction["interval"]
    assert 0 <= low <= prediction["typical"] <= high
    assert prediction["predicted_bucket"] in {"low", "medium", "high"}
    assert prediction["metrics"]["likes"] == prediction["predicted_engagement"]
    assert prediction["measures"]["likes"] == {"typical": prediction["typical"], "interval": [low, high]}
    assert set(prediction["measures"]) == {"likes", "comments", "shares", "views"}
    # the history has 1 comment in 20 likes, 1 share in 50, and 12 views to a like
    assert prediction["engagement_rate"]["typical"] == pytest.approx(1.07 / 12, rel=0.15)
    assert prediction["horizon_hours"] == 24
    assert body["suggestions"] == []
    assert body["explanation"]
    assert all(set(effect) == {"feature", "effect_pct"} for effect in body["explanation"])
    diagnostics = body["diagnostics"]
    assert diagnostics["latency_ms"] >= diagnostics["feature_fetch_ms"] + diagnostics["inference_ms"] > 0
    assert diagnostics["weights_updated_at"].endswith("Z")


def test_the_prediction_is_recorded_as_it_was_shown(champion, learned_account, client_of):
    body = client_of.post("/predict", sample(learned_account, duration_s=15), format="json").json()

    recorded = Prediction.objects.get(public_id=body["prediction_id"])
    assert recorded.account == learned_account
    assert recorded.model_version == champion
    assert recorded.weights_version == 1
    assert (recorded.point, recorded.typical) == (
        body["prediction"]["predicted_engagement"],
        body["prediction"]["typical"],
    )
    assert [recorded.low, recorded.high] == body["prediction"]["interval"]
    assert recorded.metrics == body["prediction"]["metrics"]
    assert recorded.measures == body["prediction"]["measures"]
    assert recorded.engagement_rate == body["prediction"]["engagement_rate"]
    assert recorded.baseline == body["baseline"]["predicted_engagement"]
    assert recorded.hashtags == ["sunset", "photography"]
    assert (recorded.client, recorded.duration_s) == ("web-v0.9", 15)


def test_explanation_only_where_it_was_asked_for(champion, learned_account, client_of):
    request = sample(learned_account) | {"explain": False}
    assert client_of.post("/predict", request, format="json").json()["explanation"] == []
    del request["explain"]
    assert client_of.post("/predict", request, format="json").json()["explanation"] == []
    assert set(Prediction.objects.values_list("explanation", flat=True)) == {None}


def test_the_explanation_can_be_read_again(champion, learned_account, client_of):
    given = client_of.post("/predict", sample(learned_account), format="json").json()
    read_again = client_of.get(f"/api/v1/predictions/{given['prediction_id']}/").json()
    assert read_again["explanation"] == given["explanation"] != []


def test_without_any_model_or_history_the_prior_answers_and_says_so(account, client_of):
    body = client_of.post("/predict", sample(account), format="json").json()
    assert (body["model_version"], body["basis"]) == ("prior", "prior")
    assert body["baseline"] == {"predicted_engagement": None}
    assert body["diagnostics"]["weights_updated_at"] is None
    assert any("first refresh has not finished" in warning for warning in body["diagnostics"]["warnings"])


def test_without_history_the_population_answers(champion, account, client_of):
    body = client_of.post("/predict", sample(account), format="json").json()
    assert (body["model_version"], body["basis"]) == ("v1.0.0", "population")


def test_a_person_with_one_account_need_not_name_it(champion, learned_account, client_of):
    body = client_of.post("/predict", sample(), format="json").json()
    assert Prediction.objects.get(public_id=body["prediction_id"]).account == learned_account


def test_a_person_with_several_accounts_gets_their_ids(account, client_of):
    other = TikTokAccountFactory(user=account.user)
    response = client_of.post("/predict", sample(), format="json")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["field"] == "account_id"
    assert account.public_id in error["message"]
    assert other.public_id in error["message"]
    assert client_of.post("/predict", sample(other), format="json").status_code == 200


def test_a_person_without_an_account_is_asked_to_connect_one(api):
    api.force_authenticate(UserFactory())
    response = api.post("/predict", sample(), format="json")
    assert response.status_code == 400
    assert "no connected TikTok account" in response.json()["detail"]


@pytest.mark.parametrize("route", ROUTES)
def test_somebody_elses_account_looks_like_none(route, account, client_of):
    theirs = TikTokAccountFactory()
    answers = [
        client_of.post(route, sample() | {"account_id": name}, format="json") for name in (theirs.public_id, "no")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert answers[0]["Content-Type"] == "application/problem+json"
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("route", ROUTES)
def test_strangers_are_not_answered(route, account, api):
    assert api.post(route, sample(account), format="json").status_code in {401, 403}


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
        ({"scheduled_time_utc": "tomorrow"}, "post.scheduled_time_utc", "format"),
        ({"scheduled_time_utc": "9999-12-31T23:59:59-23:00"}, "post.scheduled_time_utc", ""),
        ({"hashtags": "sunset"}, "post.hashtags", "list"),
        ({"hashtags": ["a" * 101]}, "post.hashtags.0", "100"),
        ({"hashtags": ["a"] * 101}, "post.hashtags", "100"),
        ({"hashtags": ["sunset", "jane@example.com"]}, "post.hashtags", "jane@example.com"),
        ({"hashtags": ["+49 170 1234567"]}, "post.hashtags", "no hashtag"),
        ({"hashtags": ["+491701234567"]}, "post.hashtags", "reach somebody"),
        ({"hashtags": ["my whole secret sentence"]}, "post.hashtags", "without spaces"),
        ({"hashtags": ["#"]}, "post.hashtags", "no hashtag"),
        ({"hashtags": ["one#two"]}, "post.hashtags", "no hashtag"),
        ({"duration_s": 0}, "post.duration_s", "1"),
        ({"duration_s": 3601}, "post.duration_s", "3600"),
        ({"duration_s": "long"}, "post.duration_s", "integer"),
        ({"location": {"lat": 91, "lon": 0}}, "post.location.lat", "90"),
        ({"metadata": {"client": "a" * 101}}, "post.metadata.client", "100"),
        ({"metadata": "web"}, "post.metadata", "dictionary"),
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
    body = json.dumps(sample(account, text="a" * predictions_api.MAX_JSON_BYTES))
    assert client_of.post("/predict", body, content_type="application/json").status_code == 413
    assert post_form(client_of, sample(account), ("a.jpg", b"0" * 6 * 1024 * 1024)).status_code == 413
    assert post_form(client_of, sample(account, text="a" * predictions_api.MAX_JSON_BYTES)).status_code == 413
    assert post_form(client_of, sample(account, text="a" * 3 * 1024 * 1024)).status_code == 413


def test_other_content_types_are_refused(account, client_of):
    response = client_of.post("/predict", "post=1", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415


@pytest.mark.parametrize(
    "text", ["", "מה שלומך היום?", "夕日がきれい！", "👩‍👩‍👧‍👦" * 50, "#" * 500, "ﷺ" * 10_000, "a\u202eb\u200d\n\t "]
)
def test_captions_in_any_script_are_forecast(text, champion, learned_account, client_of):
    assert client_of.post("/predict", sample(learned_account, text=text), format="json").status_code == 200


def test_members_may_be_left_out_null_or_unknown(champion, learned_account, client_of):
    minimal = {"post": {"text": "hello"}}
    nulls = {
        "account_id": None,
        "post": {
            **{"text": "hello", "scheduled_time_utc": None, "duration_s": None, "location": None, "metadata": None},
            "mood": "good",
        },
        "trace": {"id": 1},
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


@pytest.mark.parametrize(("readable", "captions"), [(0, 0), (1, 1)])
def test_pictures_are_looked_at_before_the_caption(readable, captions, learned_account, client_of):
    media = [(f"{index}.jpg", b"no picture") for index in range(9)] + [("last.jpg", picture())] * readable
    with mock.patch("predictions.forecasts.services.measure_caption", wraps=measure_caption) as measured:
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


def everything_stored() -> str:
    """Every value of every table, as text."""
    with connection.cursor() as cursor:
        return "\n".join(
            str(cursor.execute(f'SELECT t::text FROM "{table}" t').fetchall())  # noqa: S608
            for table in connection.introspection.table_names()
        )


def test_neither_text_nor_place_nor_picture_is_stored(champion, learned_account, client_of):
    text = "Zyzzyva beetles march at dawn #quiddity"
    request = sample(learned_account, text=text, location={"lat": 12.3456, "lon": 65.4321})
    # a name as short as ios stands in random tokens now and then
    request["post"]["metadata"]["platform"] = "quokkaphone"
    assert post_form(client_of, request, ("cover.jpg", picture())).status_code == 200
    stored = everything_stored()
    assert "quiddity" in stored, "hashtags are kept: otherwise this looks in the wrong place"
    for private in ("Zyzzyva", "beetles", "12.3456", "65.4321", "quokka", picture()[:20].hex()):
        assert private.lower() not in stored.lower()


def test_text_is_kept_for_a_person_who_chose_so(champion, learned_account, client_of):
    agree(learned_account.user, Purpose.DRAFTS)
    client_of.force_authenticate(learned_account.user)
    client_of.post("/predict", sample(learned_account, text="Zyzzyva beetles"), format="json")
    assert Prediction.objects.get().caption == "Zyzzyva beetles"


def test_forecasts_are_throttled(monkeypatch, account, client_of):
    monkeypatch.setitem(predictions_api.PredictThrottle.THROTTLE_RATES, "predict", "2/min")
    statuses = [client_of.post("/predict", sample(account), format="json").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_request_costs_one_query_and_one_transaction(champion, learned_account, client_of):
    client_of.post("/predict", sample(learned_account), format="json")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client_of.post("/predict", sample(learned_account), format="json").status_code == 200
    statements = [query["sql"].split()[0] for query in queries]
    # what is agreed to, what the row rests on, the forecast and its event in the trail; savepoints because the test
    # itself is a transaction, and the middleware's event because that one is never committed
    assert statements == ["SELECT", "SAVEPOINT", "SELECT", "SELECT", "INSERT", "INSERT", "RELEASE", "INSERT"]


@pytest.mark.parametrize(
    "likes_by_age",
    [
        [{24: 77}] * 12,
        [{24: 0}] * 12,
        [{24: 5}],
        [{24: 100, 48: 40, 168: 0}] * 12,
        [{24: 2**55}] * 12,
        [{-3: 9, 0: 9}] * 12,
        [{}] * 3,
    ],
    ids=["constant", "zeros", "one post", "falling", "huge", "seen before it was published", "never seen"],
)
def test_odd_accounts_are_forecast(likes_by_age, champion, account, client_of):
    now = timezone.now()
    for i, likes in enumerate(likes_by_age):
        published = now - datetime.timedelta(days=2 + 300 * i)
        PostFactory(account=account, posted_at=published, likes_by_hour=likes)
    PostsChange.objects.create(account=account, changed_at=now, sequence=1)
    assert services.update_weights(account_id=account.pk)

    response = client_of.post(ROUTES[0], sample(account), format="json")

    assert response.status_code == 200, response.json()
    for measure in response.json()["prediction"]["measures"].values():
        low, high = measure["interval"]
        assert 0 <= low <= measure["typical"] <= high <= 1e10
