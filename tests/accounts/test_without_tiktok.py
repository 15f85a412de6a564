"""Where no app at TikTok is configured, people start from a file, with a name and a password."""

import pytest
from django.test import Client

from accounts.models import TikTokAccount, User
from posts.models import Refresh
from privacy.purposes import Purpose
from privacy.trail import selectors as trail
from tests.factories import StaffFactory, agree
from tests.pages.html import read

pytestmark = pytest.mark.django_db

PASSWORD = "a long walk along the pier"


@pytest.fixture
def no_tiktok(settings):
    settings.TIKTOK_CLIENT_KEY = settings.TIKTOK_CLIENT_SECRET = ""


def start(browser: Client, name: str = "mia", password: str = PASSWORD) -> User | None:
    browser.post("/sign-in/start/", {"username": name, "password1": password, "password2": password})
    key = browser.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def test_a_person_starts_from_a_file(no_tiktok, client):
    user = start(client)
    assert user
    account = TikTokAccount.objects.get(user=user)
    assert (account.platform, account.disconnected_at) == ("file", None)
    events = trail.events_about(user.pk, by_others=False).filter(what="an account for posts from files")
    assert [(event.actor_kind, event.through) for event in events] == [("person", "page")]
    # nothing without consent: the page for a file leads to it
    assert client.get("/imports/").headers["Location"] == "/your-data/consent/"
    agree(user, Purpose.SERVICE)
    assert client.get("/imports/").status_code == 200
    page = client.get("/posts/").content.decode()
    assert "Posts from your files" in page
    # an account that nothing is fetched for is not asked for
    assert not Refresh.objects.exists()


def test_a_person_comes_back(no_tiktok, client):
    user = start(client)
    assert user
    client.logout()
    wrong = client.post("/sign-in/", {"username": "mia", "password": "wrong"})
    assert "_auth_user_id" not in client.session
    assert "Please enter a correct" in wrong.content.decode()
    answer = client.post("/sign-in/", {"username": "mia", "password": PASSWORD, "next": "/settings/"})
    assert answer.headers["Location"] == "/settings/"
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/"])
def test_nobody_is_led_away(no_tiktok, client, address):
    start(client)
    client.logout()
    answer = client.post("/sign-in/", {"username": "mia", "password": PASSWORD, "next": address})
    assert answer.headers["Location"] == "/overview/"


@pytest.mark.parametrize(
    "name", ["", "mia@example.com", "+49 170 1234567", "acct_0123456789abcdef", "x" * 41, "taken", "Taken"]
)
def test_names_that_will_not_do(no_tiktok, client, name):
    User.objects.create_user("taken")
    assert start(client, name) is None
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["", "short", "12345678", "password"])
def test_weak_passwords_will_not_do(no_tiktok, client, password):
    assert start(client, password=password) is None


def test_staff_do_not_come_in_here(no_tiktok, client):
    staff = StaffFactory()
    staff.set_password(PASSWORD)
    staff.save()
    client.post("/sign-in/", {"username": staff.username, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/accounts/tiktok/login/", "/accounts/tiktok/login/callback/"])
def test_tiktoks_doors_are_closed_without_it(no_tiktok, client, path):
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_nothing_is_signed_with_an_empty_secret(no_tiktok, client):
    assert client.post("/webhooks/tiktok/", b"{}", content_type="application/json").status_code == 404


def test_with_tiktok_there_is_no_password(client):
    assert client.get("/sign-in/start/").status_code == 404
    assert client.post("/sign-in/start/", {"username": "x"}).status_code == 404
    assert client.post("/sign-in/", {"username": "x", "password": "y"}).status_code == 405
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/sign-in/start/"])
def test_pages_offer_no_tiktok_where_there_is_none(no_tiktok, client, path):
    page = read(client.get(path).content.decode())
    assert not [form for form in page.all("form") if "tiktok" in (form.get("action") or "")]
    assert any(link["href"] in ("/sign-in/start/", "/sign-in/") for link in page.all("a"))
