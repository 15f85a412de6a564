"""A brief that word lists hold back: its creator asks staff, they decide in the admin, and what they allow passes."""

import pytest
from django.test import Client

from accounts.models import Notice
from accounts.telling.words import words_of
from predictions.captions.appeals import allowed_words
from predictions.models import CaptionAppeal
from privacy.purposes import Purpose
from tests.factories import StaffFactory, TikTokAccountFactory, agree, disagree, enter_admin
from tests.predictions.captions.factories import CaptionAppealFactory

pytestmark = pytest.mark.django_db

HELD = "Moby Dickhead, retold"


@pytest.fixture
def writer(account):
    agree(account.user, Purpose.DRAFTS, Purpose.WRITING)
    return account


def ask(client, writer, text=HELD):
    return client.post("/api/v1/caption-appeals", {"account_id": writer.public_id, "text": text}, format="json")


def write(client, brief=HELD):
    return client.post("/api/v1/captions", {"brief": brief, "language": "en"}, format="json").json()


def decide(appeal, reason):
    staff = enter_admin(Client(), StaffFactory(username="sam"))
    page = f"/admin/predictions/captionappeal/{appeal.pk}/change/"
    shown = staff.get(page).content.decode()
    assert appeal.text in shown
    assert "profanity" in shown
    return staff.post(page, {"reason": reason})


def test_what_staff_allow_passes_for_its_account_alone(writer, client_of):
    assert write(client_of)["held_back"] == ["profanity"]
    made = ask(client_of, writer)
    assert (made.status_code, made.json()["state"], made.json()["text"]) == (201, "open", HELD)
    # asked again, it is the same one
    assert ask(client_of, writer, HELD.upper()).json()["id"] == made.json()["id"]
    appeal = CaptionAppeal.objects.get()
    assert decide(appeal, "quotation").status_code == 302
    appeal.refresh_from_db()
    assert (appeal.state, appeal.text) == ("allowed", "")
    told = Notice.objects.get(user=writer.user, kind=Notice.Kind.APPEAL)
    assert "may be used now. It is a name or a quotation." in words_of(told).text
    assert HELD not in str(told.params)
    body = write(client_of)
    assert body["held_back"] == []
    assert all("Dickhead" in each["text"] for each in body["captions"])
    assert len(body["captions"]) == 8
    # neither more of it, nor another account
    assert write(client_of, f"{HELD}, you bitch")["captions"] == []
    assert not allowed_words(TikTokAccountFactory().pk, HELD)


def test_what_staff_keep_back_stays_and_is_told_with_the_reason(writer, client_of):
    appeal = CaptionAppeal.objects.get(public_id=ask(client_of, writer).json()["id"])
    decide(appeal, "hurts")
    assert write(client_of)["captions"] == []
    answer = client_of.get(f"/api/v1/caption-appeals/{appeal.public_id}").json()
    assert (answer["state"], answer["reason"], answer["text"]) == ("kept", "hurts", "")
    assert "stays held back. It can hurt people" in words_of(Notice.objects.get()).text
    # decided is decided
    staff = enter_admin(Client(), StaffFactory(username="kim"))
    staff.post(f"/admin/predictions/captionappeal/{appeal.pk}/change/", {"reason": "quotation"})
    appeal.refresh_from_db()
    assert appeal.state == "kept"


def test_texts_wait_for_staff_only_where_texts_are_kept(writer, client_of):
    assert ask(client_of, writer, "Bread").status_code == 409
    ask(client_of, writer)
    decided = CaptionAppealFactory(account=writer, state="kept", text="")
    disagree(writer.user, Purpose.DRAFTS)
    assert list(CaptionAppeal.objects.all()) == [decided]
    refused = ask(client_of, writer)
    assert (refused.status_code, CaptionAppeal.objects.count()) == (403, 1)


def test_the_page_offers_it_and_says_where_it_stands(writer):
    browser = Client()
    browser.force_login(writer.user)
    sent = {"brief": HELD, "rank": "both", "max_length": 150, "max_hashtags": 5}
    assert "This is a mistake" in browser.post("/compose/write/", sent).content.decode()
    asked = browser.post("/compose/write/appeal/", {"brief": HELD}, follow=True).content.decode()
    assert "Staff look at it. You are told in your notifications." in asked
    page = browser.post("/compose/write/", sent).content.decode()
    assert "You asked on" in page
    assert "This is a mistake" not in page
