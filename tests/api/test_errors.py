"""Every error is a problem, whoever answers it: the parser, a view, the middleware, or nobody at all."""

import gzip
import json
from unittest import mock

import pytest
from django.test import Client
from rest_framework.test import APIClient

from config.api.problems import PROBLEM_CONTENT_TYPE
from posts.content.captions import measure_caption
from predictions.models import Prediction
from privacy.purposes import Purpose
from tests.factories import TikTokAccountFactory, disagree
from tests.pages.conftest import Creator, make_creator
from tests.predictions.forecasts.api_requests import in_hours, post_form, sample

pytestmark = pytest.mark.django_db
PREDICT = "/api/v1/predict"


@pytest.fixture
def creator(db: None) -> Creator:
    """Less than other tests of the API need, and made sooner."""
    return make_creator(posts=3)


def problem(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM_CONTENT_TYPE
    told = response.json()
    assert {"type", "title", "status", "detail"} <= told.keys()
    assert told["status"] == status
    assert told["detail"]
    return told


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/nothing/", "/api/v2/predict", "/api/", "/api", "/api/v1", "/API/v1/posts"]
)
def test_an_unknown_address(path, signed_in):
    for client in (signed_in, APIClient()):
        for method in ("get", "post", "delete"):
            response = getattr(client, method)(path)
            assert "schema" in problem(response, 404)["detail"]
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize("path", ["/predict", "/predict/", "/api/v1/predict", "/api/v1/predict/"])
def test_a_forecast_at_all_its_addresses(path, signed_in):
    assert problem(signed_in.get(path), 405)
    assert signed_in.get(path)["Allow"] == "POST, OPTIONS"
    assert signed_in.post(path, sample(), format="json").status_code == 200


def test_an_object_that_can_have_no_such_name(signed_in):
    for path in (
        "accounts/a%00b",
        "accounts/%F0%9F%98%80",
        "tokens/1%00",
        "tokens/abc",
        f"tokens/{10**30}",
        "posts/%00",
    ):
        problem(signed_in.get(f"/api/v1/{path}"), 404)


def test_an_address_of_pages_answers_a_page(signed_in):
    assert signed_in.get("/nothing")["Content-Type"].startswith("text/html")
    assert signed_in.get("/predictions/")["Content-Type"].startswith("text/html")


def test_what_is_no_json(signed_in):
    draft = json.dumps(sample())
    bodies = {
        b'{"post": {"text": "a", "text": "b"}}': "`text` is there twice",
        b'{"post": {"text": "a"}, "post": {}}': "`post` is there twice",
        b'{"post": {"text": "a", "location": {"lat": NaN}}}': "NaN is no number",
        b'{"post": {"text": "a", "location": {"lat": -Infinity}}}': "-Infinity is no number",
        b'{"post": {"text": "a", "location": {"lat": 1e999}}}': "too large",
        b"\xef\xbb\xbf" + draft.encode(): "BOM",
        draft.encode("utf-16"): "not UTF-8",
        b'{"post": {"text": "\xe9"}}': "not UTF-8",
        b"{'post': {}}": "parse error",
        draft.encode() + b"{}": "Extra data",
        b"[" * 100_000: "nested too deeply",
        b"1" * 5_000: "too large for an integer",
        b'{"post": {"text": "a", "duration_s": ' + b"1" * 5_000 + b"}}": "too large for an integer",
    }
    for body, words in bodies.items():
        response = signed_in.generic("POST", PREDICT, body, content_type="application/json")
        assert words in problem(response, 400)["detail"], body[:60]


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "application/xml", "application/json; charset=utf-16"),
        *("application/json; charset=zlib", "application/merge-patch+json", "image/png"),
    ],
)
def test_another_content_type(content_type, signed_in):
    for path in (PREDICT, "/api/v1/measure", "/api/v1/compare"):
        problem(signed_in.generic("POST", path, json.dumps(sample()), content_type=content_type), 415)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP, identity"])
def test_a_packed_body(encoding, signed_in):
    headers = {"content-encoding": encoding}
    for path in (PREDICT, "/api/v1/measure", "/api/v1/posts:batch"):
        packed = signed_in.generic("POST", path, gzip.compress(b"{}"), content_type="application/json", headers=headers)
        assert "no Content-Encoding" in problem(packed, 415)["detail"]
    assert signed_in.post(PREDICT, sample(), format="json", headers={"content-encoding": "identity"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "got"),
    [("null", "null"), ("[]", "a list"), ("5", "an integer"), ('"x"', "a string"), ("true", "a boolean")],
)
def test_a_body_that_is_no_object(body, got, signed_in):
    for path in (PREDICT, "/api/v1/measure", "/api/v1/compare", "/api/v1/tokens"):
        told = problem(signed_in.generic("POST", path, body, content_type="application/json"), 400)
        assert told["errors"] == [{"field": "", "message": f"Expected an object; got {got}."}], path


@pytest.mark.parametrize(
    "body",
    [
        r'{"account_id": "acct_1", "feature": "\ud800", "first": 1, "second": 2}',
        r'{"account_id": "acct_1", "feature": "post_time", "first": 1, "second": 2, "\udfff": 3}',
        r'"\ud83d"',
    ],
)
def test_half_a_pair_of_surrogates_is_no_crash(body, signed_in):
    problem(signed_in.post("/api/v1/experiments", body, content_type="application/json"), 400)


def test_a_form_with_too_many_parts(signed_in):
    for parts in (
        b"".join(b'--B\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % number for number in range(1_500)),
        b'--B\r\nContent-Disposition: form-data; name="media"; filename="a"\r\n\r\nx\r\n' * 150,
    ):
        form = parts + b"--B--\r\n"
        problem(signed_in.generic("POST", PREDICT, form, content_type="multipart/form-data; boundary=B"), 413)


def test_a_payload_that_is_not_utf8(signed_in):
    form = b'--B\r\nContent-Disposition: form-data; name="payload"\r\n\r\n{"post": {"text": "%b"}}\r\n--B--\r\n'
    for text, status in ((b"\xff", 400), ("é".encode(), 200), (rb"\ufffd", 200)):
        sent = signed_in.generic("POST", PREDICT, form % text, content_type="multipart/form-data; boundary=B")
        assert sent.status_code == status, text


def test_forms_where_json_alone_is_read(signed_in):
    problem(signed_in.post("/api/v1/measure", {"text": "a"}, format="multipart"), 415)


def test_what_accept_does_not_take(signed_in):
    problem(signed_in.get("/api/v1/posts", headers={"accept": "text/html"}), 406)
    problem(signed_in.get("/api/v1/posts", headers={"accept": "application/xml"}), 406)
    assert signed_in.get("/api/v1/posts", headers={"accept": "*/*"}).status_code == 200


def test_another_host(signed_in, settings):
    problem(signed_in.get("/api/v1/posts", headers={"host": "evil.example.com"}), 400)


def test_a_write_from_a_browser_without_its_csrf_token(creator):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(creator.user)
    assert "CSRF" in problem(browser.post(PREDICT, sample(), format="json"), 403)["detail"]


def test_a_crash(signed_in, monkeypatch):
    client = Client(raise_request_exception=False)
    client.cookies = signed_in.cookies
    monkeypatch.setattr("posts.selectors.posts_of", mock.Mock(side_effect=RuntimeError("secret")))
    assert "secret" not in json.dumps(problem(client.get("/api/v1/posts"), 500))


def test_a_thousand_wrong_members_are_told_in_a_few(signed_in):
    body = {"post": {"text": "a", "hashtags": [1] * 40_000}, **{f"member{number}": 1 for number in range(5_000)}}
    told = problem(signed_in.post(PREDICT, body, format="json"), 400)
    assert 20 <= len(told["errors"]) <= 40
    tags = {"post": {"text": "a", "hashtags": [1] * 50_000}}
    assert len(problem(signed_in.post(PREDICT, tags, format="json"), 400)["errors"]) == 20


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("predictions?has_outcome=maybe", "has_outcome"),
        ("predictions?has_outcome=1", "has_outcome"),
        ("predictions?has_outcom=true", "has_outcom"),
        ("predictions?created_after=2026-12-01", "created_after"),
        ("predictions?created_before=yesterday", "created_before"),
        ("predictions?page_size=-1", "page_size"),
        ("predictions?page_size=0", "page_size"),
        ("predictions?page_size=abc", "page_size"),
        ("predictions?page_size=1e1", "page_size"),
        ("predictions?page_size=101", "page_size"),
        ("predictions?page_size=٣", "page_size"),
        ("predictions?page=2", "page"),
        ("predictions?cursor=abc", "cursor"),
        ("predictions?cursor=%00", "cursor"),
        ("posts?deleted=yes", "deleted"),
        ("posts?ordering=likes", "ordering"),
        ("posts?posted_after=20261201", "posted_after"),
        ("posts?account=%00", "account"),
        ("trends?as_of=2026-W01", "as_of"),
        ("privacy/access?own=maybe", "own"),
        ("me?format=xml", "format"),
        ("accounts?page_size=x", "page_size"),
    ],
)
def test_parameters_that_are_not_what_is_expected(query, field, signed_in):
    [error] = problem(signed_in.get(f"/api/v1/{query}"), 400)["errors"]
    assert error["field"] == field
    assert error["message"]


def test_an_account_that_is_not_there_is_told_by_the_members_name(signed_in):
    theirs = TikTokAccountFactory().public_id
    later, drafts = {"text": "a", "scheduled_time_utc": in_hours(48)}, [{"text": "a"}, {"text": "b"}]
    for name in ("acct_12345", theirs):
        for path, body in (
            (PREDICT, {"post": later}),
            ("/api/v1/explore", {"post": later}),
            ("/api/v1/compare", {"drafts": drafts}),
            ("/api/v1/experiments", {"feature": "post_time", "first": 18, "second": 21}),
        ):
            told = problem(signed_in.post(path, {"account_id": name, **body}, format="json"), 404)
            assert [error["field"] for error in told["errors"]] == ["account_id"], path
            assert told["detail"].startswith("account_id: ")


# --- cheap checks first -----------------------------------------------------------------------------------------------


@pytest.fixture
def worked(monkeypatch):
    """The pictures and captions that were looked at."""
    seen: list[str] = []
    for module in ("predictions.forecasts.api", "predictions.plan.views"):
        monkeypatch.setattr(f"{module}.measure_draft_cover", lambda data: seen.append("picture"))

    def measure(*given):
        seen.append("caption")
        return measure_caption(*given)

    for name in ("predictions.forecasts.answering.measure_draft", "posts.api.measure_caption"):
        monkeypatch.setattr(name, measure)
    return seen


def ask_all(client, account_id):
    """The statuses of everything that looks at captions or pictures, for a hostile picture and a long caption."""
    member = {"account_id": account_id}
    return [
        post_form(client, {"post": {"text": "a"}, **member}, ("bomb.png", b"\x89PNG" * 10_000)).status_code,
        client.post(PREDICT, {"post": {"text": "é" * 4000}, **member}, format="json").status_code,
        client.post("/api/v1/compare", {"drafts": [{"text": "a"}, {"text": "b"}], **member}, format="json").status_code,
        client.post("/api/v1/explore", {"post": {"text": "a"}, **member}, format="json").status_code,
    ]


def test_nothing_is_looked_at_for_somebody_without_consent(creator, signed_in, worked):
    disagree(creator.user, Purpose.SERVICE)
    assert ask_all(signed_in, creator.account.public_id) == [403] * 4
    assert signed_in.post("/api/v1/measure", {"text": "a"}, format="json").status_code == 403
    form = {"caption": "a", "publish_at": "2027-01-01T10:00", "cover": b"bomb"}
    assert signed_in.post("/compose/", form)["Location"] == "/your-data/consent/"
    assert worked == []


def test_nothing_is_looked_at_for_somebody_elses_account(signed_in, worked):
    assert ask_all(signed_in, TikTokAccountFactory().public_id) == [404] * 4
    assert worked == []


def test_nothing_is_looked_at_for_strangers_and_for_tokens_without_the_scope(creator, worked):
    assert ask_all(APIClient(), creator.account.public_id) == [401] * 4
    assert worked == []


def test_small_members_are_looked_at_before_a_picture(creator, signed_in, worked):
    spoilt = {"post": {"text": "a", "duration_s": 0}}
    assert post_form(signed_in, spoilt, ("bomb.png", b"\x89PNG")).status_code == 400
    assert post_form(signed_in, {"post": {"text": "a"}, "explain": 1}, ("bomb.png", b"\x89PNG")).status_code == 400
    assert worked == []
    assert not Prediction.objects.filter(client="web").exists()
