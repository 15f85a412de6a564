"""The contract of POST /api/v1/predict and /predict."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posts.models import PostsChange
from predictions.learning import services
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import PostFactory, TikTokAccountFactory, UserFactory, agree
from tests.predictions.forecasts.api_requests import ROUTES, picture, post_form, sample

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("route", ROUTES)
def test_the_answer_has_the_contracts_shape_and_names(route, champion, learned_account, client_of):
    response = client_of.post(route, sample(learned_account), format="json")

    assert response.status_code == 200
    body = response.json()
    assert set(body) == {
        *("model_version", "prediction", "baseline", "suggestions", "explanation", "diagnostics"),
        *("prediction_id", "basis", "suggestions_note", "combination", "rules", "map", "viralscore", "picture"),
    }
    assert set(body["prediction"]) == {
        *("predicted_engagement", "predicted_bucket", "typical", "interval", "metrics", "horizon_hours"),
        *("measures", "engagement_rate", "chance_above_usual"),
    }
    assert set(body["baseline"]) == {"predicted_engagement"}
    assert set(body["diagnostics"]) == {
        *("latency_ms", "feature_fetch_ms", "inference_ms", "weights_updated_at", "warnings"),
        *("data_as_of", "data_warnings"),
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


def test_forecasts_are_throttled(settings, account, client_of):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"predict": "2/min"}
    statuses = [client_of.post("/predict", sample(account), format="json").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_request_costs_one_query_and_one_statement_that_writes(champion, learned_account, client_of):
    client_of.post("/predict", sample(learned_account), format="json")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client_of.post("/predict", sample(learned_account), format="json").status_code == 200
    # and the middleware's event because the test itself is a transaction, and that one is never committed
    assert len(queries) == 3


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
