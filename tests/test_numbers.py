"""Numbers that nobody can mean end in 400, 404 or a message, wherever a stranger can write one, and never in 500."""

import datetime

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import TikTokAccount
from config.numbers import LARGEST, whole_number
from tests.factories import PostFactory, PredictionFactory, StaffFactory, TikTokAccountFactory, enter_admin

pytestmark = pytest.mark.django_db

HUGE = ("9" * 5_000, "9" * 25, "-" + "9" * 5_000, "1e400", str(2**63), "٩" * 5_000)
LISTS = ("posts/", "predictions/", "accounts/", "trends", "experiments", "privacy/access", "privacy/exports")


@given(st.integers(0, LARGEST))
def test_every_number_that_a_column_holds_is_read(number):
    assert whole_number(str(number)) == number
    assert whole_number(f" 000{number} ") == number


@given(st.one_of(st.text(), st.integers().filter(lambda n: not 0 <= n <= LARGEST).map(str)))
def test_anything_else_is_no_number(text):
    number = whole_number(text)
    assert number is None or 0 <= number == int(text)


@pytest.mark.parametrize("text", [*HUGE, "", " ", "1.5", "²", "+1", "1_000"])
def test_what_is_no_number(text):
    assert whole_number(text) is None


@pytest.fixture
def account(db) -> TikTokAccount:
    linked: TikTokAccount = TikTokAccountFactory()
    return linked


@pytest.fixture
def client_of(account) -> APIClient:
    client = APIClient()
    client.force_authenticate(account.user)
    return client


@pytest.fixture
def staff(db) -> Client:
    client = Client()
    enter_admin(client, StaffFactory())
    return client


@pytest.mark.parametrize("number", HUGE)
def test_actions_of_the_admin_refuse_it(staff, number):
    PostFactory()
    for model in ("posts/post", "posts/postcontent", "accounts/user", "predictions/outcome", "posts/trend"):
        form = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [number], "index": number}
        assert staff.post(f"/admin/{model}/", form).status_code == 400


@pytest.mark.parametrize("number", HUGE[:2])
def test_lists_and_pages_of_the_admin_survive_it(staff, number):
    for model in ("accounts/user", "posts/postcontent", "posts/trend", "predictions/prediction", "privacy/consent"):
        table = f"/admin/{model}/"
        asked = [f"?p={number}", f"?id={number}", f"?pk__exact={number}", f"?o={number}", f"?e={number}"]
        for path in (*asked, f"{number}/change/", f"{number}/history/", f"{number}/delete/"):
            assert staff.get(table + path).status_code < 500, path
    assert staff.get(f"/admin/r/{number}/{number}/").status_code == 404


@pytest.mark.parametrize("number", HUGE)
def test_rolling_back_from_it_changes_nothing(staff, number):
    assert staff.post("/admin/predictions/modelversion/roll-back/", {"champion": number}).status_code == 302


@pytest.mark.parametrize("number", HUGE)
def test_addresses_and_filters_survive_it(account, client_of, number):
    for name in LISTS:
        for query in ("page", "page_size", "rank", "account", "hashtag", "ordering", "posted_after", "created_after"):
            assert client_of.get(f"/api/v1/{name}", {query: number}).status_code in (200, 400, 404), (name, query)
    prediction = PredictionFactory(account=account)
    assert client_of.delete(f"/api/v1/predictions/{prediction.public_id}/reports/?rank={number}").status_code < 500
    person = Client()
    person.force_login(account.user)
    for path in ("/posts/", "/forecasts/", "/your-data/access/", "/experiments/"):
        assert person.get(path, {"page": number}).status_code < 500
    for path in (
        f"/settings/tokens/{number}/revoke/",
        f"/forecasts/{prediction.public_id}/suggestions/{number}/report/",
    ):
        assert person.post(path).status_code in (302, 404)


@pytest.mark.parametrize("number", HUGE)
def test_forms_and_json_refuse_it(account, client_of, number):
    person = Client()
    person.force_login(account.user)
    soon = f"{datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=3):%Y-%m-%dT%H:%M}"
    draft = {"caption": "Hello", "publish_at": soon, "duration_s": number, "within": number}
    page = person.post("/compose/", draft)
    assert page.status_code == 200
    assert "need" in page.content.decode()
    assert person.post("/plan/drafts/save/", draft | {"version": number}).status_code == 200
    assert person.get("/plan/", {"week": number}).status_code == 200
    consents = {"agree": ["service", "drafts"], "version-drafts": number}
    assert person.post("/your-data/consent/", consents).status_code < 500
    for value in (number, f'"{number}"'):
        body = f'{{"post": {{"text": "a", "duration_s": {value}, "location": {{"lat": {value}}}}}}}'
        assert client_of.post("/api/v1/predict", body, content_type="application/json").status_code == 400
        part = SimpleUploadedFile("payload.json", body.encode(), "application/json")
        assert client_of.post("/api/v1/predict", {"payload": part}, format="multipart").status_code == 400


def test_a_body_whose_length_is_beyond_any_number_is_refused(account, client_of):
    length = "9" * 25
    answer = client_of.post("/api/v1/measure", {"text": "a"}, format="json", CONTENT_LENGTH=length)
    assert answer.status_code == 413
