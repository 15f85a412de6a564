"""A person sees where they are signed in and ends it; what cannot be taken back asks for a fresh sign-in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.devices import device_of
from accounts.models import APIToken, SignIn, User
from accounts.sign_in.sessions import NOTED_EVERY
from privacy.export import services as exporting
from privacy.models import Erasure
from privacy.people import LATELY, SIGNED_IN_AT
from tests.accounts.support import sign_in
from tests.factories import StaffFactory, UserFactory, enter_admin
from tests.sandbox.client import SandboxProcess

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
    " Mobile/15E148 Safari/604.1"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8.5.0", "a program"),
        ("", "a program"),
    ],
)
def test_a_device_is_told_in_a_few_words(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def signed_in(user: User) -> Client:
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(user)
    return client


def test_a_sign_in_with_tiktok_is_listed_without_versions_or_addresses(sandbox: SandboxProcess) -> None:
    browser = Client(headers={"User-Agent": IPHONE})
    sign_in(browser, sandbox.control.creators()[0]["handle"])
    [row] = SignIn.objects.all()
    assert (row.device, row.session_id) == ("Safari on iPhone", browser.session.session_key)
    page = browser.get("/settings/sessions/").content.decode()
    assert "Safari on iPhone" in page
    assert "here" in page
    assert "604.1" not in page
    browser.post("/accounts/logout/")
    assert not SignIn.objects.exists()


def test_one_or_all_others_are_ended_and_nobody_elses() -> None:
    user = UserFactory()
    here, there, elsewhere, stranger = signed_in(user), signed_in(user), signed_in(user), signed_in(UserFactory())
    of = {client: SignIn.objects.get(session_id=client.session.session_key) for client in (here, there, stranger)}
    for chosen in (of[stranger].pk, "", "x", "9" * 30, "-1"):
        here.post("/settings/sessions/", {"end": chosen})
    assert SignIn.objects.count() == 4
    assert here.post("/settings/sessions/", {"end": of[there].pk}).status_code == 302
    assert there.get("/posts/").headers["Location"].startswith("/sign-in/")
    here.post("/settings/sessions/", {"end": "others"})
    assert elsewhere.get("/posts/").headers["Location"].startswith("/sign-in/")
    assert here.get("/settings/sessions/").status_code == stranger.get("/settings/sessions/").status_code == 200
    here.post("/settings/sessions/", {"end": of[here].pk})
    assert here.get("/posts/").headers["Location"].startswith("/sign-in/")
    assert list(SignIn.objects.values_list("user_id", flat=True)) == [of[stranger].user_id]


def test_the_last_use_is_noted_by_the_hour_also_under_a_new_key() -> None:
    client = signed_in(UserFactory())
    begun = SignIn.objects.get().begun_at
    SignIn.objects.all().delete()
    client.get("/settings/")
    assert not SignIn.objects.exists()
    session = client.session
    session["use_noted_at"] = (timezone.now() - NOTED_EVERY - timedelta(seconds=1)).timestamp()
    session.save()
    client.get("/settings/")
    row = SignIn.objects.get()
    assert abs(row.begun_at - begun) < timedelta(seconds=1)
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)


def test_it_goes_with_its_session() -> None:
    signed_in(UserFactory())
    Session.objects.filter(expire_date__gt=timezone.now()).delete()
    assert not SignIn.objects.exists()


# --- a fresh sign-in --------------------------------------------------------------------------------------------------


def age(client: Client, by: timedelta) -> None:
    session = client.session
    session[SIGNED_IN_AT] -= by.total_seconds()
    session.save()


JSON: dict[str, Any] = {"content_type": "application/json"}


def test_what_cannot_be_taken_back_asks_for_a_fresh_sign_in() -> None:
    user = UserFactory()
    client = signed_in(user)
    export = exporting.request_export(user_id=user.pk)
    exporting.make(export_pk=export.pk)
    age(client, LATELY + timedelta(seconds=1))

    client.post("/your-data/erasure/", {"wish": "now"})
    assert client.post("/api/v1/privacy/erasure", {"now": True}, **JSON).status_code == 403
    assert not Erasure.objects.exists()
    client.post("/your-data/erasure/", {"wish": "later"})
    assert Erasure.objects.get().state == Erasure.State.WAITING
    page = client.get("/your-data/erasure/").content.decode()
    assert "Erase now" not in page
    assert "Sign in again" in page

    assert client.get(f"/your-data/export/{export.public_id}/archive.zip").status_code == 302
    refused = client.get(f"/api/v1/privacy/exports/{export.public_id}/archive")
    assert (refused.status_code, "last 10 minutes" in refused.json()["detail"]) == (403, True)
    client.post("/settings/tokens/", {"name": "x"})
    assert client.post("/api/v1/tokens/", {"name": "x"}, **JSON).status_code == 403
    assert not APIToken.objects.exists()

    again = signed_in(user)
    assert "Erase now" in again.get("/your-data/erasure/").content.decode()
    assert again.get(f"/your-data/export/{export.public_id}/archive.zip").status_code == 200
    assert again.post("/api/v1/tokens/", {"name": "x"}, **JSON).status_code == 201
    assert again.post("/api/v1/privacy/erasure", {"now": True}, **JSON).status_code == 202
    assert Erasure.objects.get().due_at <= timezone.now()


def test_signing_in_with_tiktok_again_is_fresh(sandbox: SandboxProcess) -> None:
    browser = Client()
    handle = sandbox.control.creators()[0]["handle"]
    sign_in(browser, handle)
    age(browser, timedelta(days=1))
    sign_in(browser, handle)
    assert browser.session[SIGNED_IN_AT] > (timezone.now() - LATELY).timestamp()


def test_staff_erase_others_only_after_a_fresh_sign_in() -> None:
    person, client = UserFactory(), enter_admin(Client(), StaffFactory())
    form = {"action": "erase", "_selected_action": [person.pk]}
    age(client, LATELY + timedelta(seconds=1))
    client.post("/admin/accounts/user/", form)
    assert not Erasure.objects.exists()
    age(client, -LATELY)
    client.post("/admin/accounts/user/", form)
    assert Erasure.objects.get().user_id == person.pk
