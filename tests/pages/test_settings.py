"""The settings page: API tokens, kept texts, disconnecting."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import APIToken, Credential
from tests.factories import TikTokAccountFactory
from tests.pages.conftest import Creator
from tests.pages.html import read


def test_a_new_token_works_and_is_shown_just_once(browser: Client, creator: Creator) -> None:
    response = browser.post("/settings/tokens/", {"name": "laptop script"})
    note = read(response.content.decode()).by_id("new-token")
    assert note is not None
    plain = next(code.text for code in note.all("code") if code.get("class") == "token")
    assert "no-store" in response.headers["Cache-Control"]
    assert plain not in browser.get("/settings/").content.decode()
    assert not APIToken.objects.filter(digest__contains=plain).exists()
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    assert program.get("/api/v1/me/").json()["username"] == creator.user.username


def test_a_token_may_do_what_was_chosen_until_it_ends(browser: Client, creator: Creator) -> None:
    browser.post("/settings/tokens/", {"name": "a reader", "access": "reading", "days": "30"})
    token = APIToken.objects.get(name="a reader")
    assert set(token.scopes) == {"forecasts:read", "posts:read", "account:read"}
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    [row] = [row.text for row in read(browser.get("/settings/").content.decode()).all("tr") if "a reader" in row.text]
    assert "posts:read" in row
    assert "forecasts:write" not in row
    before = APIToken.objects.count()
    for odd in ({"access": "root"}, {"days": "4000"}):
        assert browser.post("/settings/tokens/", {"name": "odd", **odd}).status_code == 200
    assert APIToken.objects.count() == before


def test_a_token_needs_a_name(browser: Client, creator: Creator) -> None:
    before = APIToken.objects.count()
    response = browser.post("/settings/tokens/", {"name": "   "})
    page = read(response.content.decode())
    field = page.by_id("id_name")
    assert field is not None
    assert field["aria-invalid"] == "true"
    assert page.by_id("id_name_error") is not None
    assert APIToken.objects.count() == before


def test_a_revoked_token_is_gone_from_the_page(browser: Client, creator: Creator) -> None:
    assert creator.token.name in browser.get("/settings/").content.decode()
    response = browser.post(f"/settings/tokens/{creator.token.pk}/revoke/", follow=True)
    assert "is revoked" in response.content.decode()
    table_rows = [row.text for row in read(browser.get("/settings/").content.decode()).all("tr")]
    assert not [row for row in table_rows if creator.token.hint in row]
    creator.token.refresh_from_db()
    assert creator.token.revoked_at is not None


def test_disconnecting_asks_first_and_then_does_it(browser: Client, creator: Creator) -> None:
    path = f"/settings/accounts/{creator.account.public_id}/disconnect/"
    assert "stay" in browser.get(path).content.decode()
    creator.account.refresh_from_db()
    assert creator.account.disconnected_at is None
    response = browser.post(path, follow=True)
    assert "is disconnected" in response.content.decode()
    creator.account.refresh_from_db()
    assert creator.account.disconnected_at is not None
    assert Credential.objects.get(account=creator.account).state == Credential.State.REVOKED
    # what was learned stays visible, and the way back is offered
    posts = browser.get("/posts/").content.decode()
    assert "disconnected" in posts
    assert "Connect again" in posts


def test_an_account_has_a_name_before_its_profile_was_read(browser: Client, creator: Creator) -> None:
    account = TikTokAccountFactory(user=creator.user, display_name="", username="")
    assert f"TikTok account …{account.public_id[-4:]}" in read(browser.get("/settings/").content.decode()).text
