"""Direct messages, non-public posts, e-mail addresses and phone numbers: dropped at the door, whoever sends them."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.linked.services import lock_account
from accounts.linked.webhooks import Event
from accounts.models import APIToken
from accounts.tiktok.client import Grant, Profile
from posts.content.captions import measure_caption
from posts.ingest.fingerprints import caption_fingerprint
from posts.ingest.storing import store_posts
from posts.models import Post, PostContent
from posts.platforms.tiktok import client as display
from posts.platforms.tiktok.wire import Video, read_page
from predictions.engine.data.history_file import read_history_file
from predictions.models import Feedback, Prediction
from privacy.anonymity.blanking import BLANK, blank_contacts
from privacy.erasure.search.places import search_database, search_redis
from tests.factories import ALL_CONSENTS, PredictionFactory, TikTokAccountFactory

PLANTED = {
    "email": "zyzzyva@example.com",
    "phone_number": "+49 170 1234567",
    "direct_messages": [{"text": "zyzzyva meets quiddity"}],
    "private_videos": [{"id": "7777", "video_description": "zyzzyva in private"}],
    "contacts": ["zyzzyva"],
}
WORDS = ["zyzzyva", "1234567", "quiddity"]


@pytest.mark.django_db
def test_unexpected_fields_of_tiktok_are_stored_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    account = TikTokAccountFactory()
    now = int(timezone.now().timestamp())
    video = {"id": "1", "create_time": now - 86_400, "video_description": "Sunset", "like_count": 5, **PLANTED}
    answers: dict[str, Any] = {
        "/v2/user/info/": {"user": {"display_name": "Somebody", **PLANTED}, **PLANTED},
        "/v2/video/list/": {"videos": [video], "cursor": 0, "has_more": False, **PLANTED},
    }
    monkeypatch.setattr(display, "_ask", lambda method, path, fields, body, token: answers[path])
    monkeypatch.setattr(display, "wait_for_turn", lambda path, **_: None)
    monkeypatch.setattr(display, "access_token", lambda account_id: "act.token")
    api = display.DisplayAPI(account.pk)
    for name, value in api.profile(["user.info.basic"]).model_dump().items():
        setattr(account, name, value)
    account.save()
    posts = store_posts(lock_account(account.pk), api.page(None).posts, timezone.now())
    assert len(posts) == 1
    assert nothing_kept(caplog)


@pytest.mark.django_db
def test_nor_what_a_sign_in_or_a_webhook_brings_along() -> None:
    granted = {"open_id": "o", "scope": "video.list", "access_token": "a", "expires_in": 1, "refresh_token": "r"}
    grant = Grant.read({**granted, "refresh_expires_in": 1, **PLANTED})
    profile = Profile.read({"open_id": "o", "display_name": "Somebody", **PLANTED})
    event = Event.model_validate(
        {"client_key": "k", "event": "e", "create_time": 1_700_000_000, "user_openid": "o", **PLANTED}
    )
    for kept in (grant, profile, event):
        assert not set(PLANTED) & set(kept.model_dump())


@pytest.mark.django_db
def test_nor_what_a_program_sends_beside_a_draft(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    draft: dict[str, Any] = {
        "post": {
            "text": "Sunset",
            "location": {"lat": 12.3456789, "lon": 65.4321},
            "metadata": {"client": "web", **PLANTED},
        },
        **PLANTED,
    }
    answer = client.post("/predict", json.dumps(draft), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert not [word for word in WORDS if word in answer.content.decode()]
    del draft["post"]["metadata"]
    draft = {"post": draft["post"]}
    assert client.post("/predict", json.dumps(draft), content_type="application/json").status_code == 200
    assert nothing_kept(caplog)
    assert search_database(["12.3456789"]) == []


def test_nor_does_an_imported_history_have_a_place_for_them(tmp_path: Any) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        "account_id,post_id,posted_at,observed_at,caption,hashtags,duration_s,sound,followers,"
        "likes,comments,shares,views,email,phone_number\n"
        "a,1,2026-01-01T00:00:00Z,2026-01-10T00:00:00Z,Sunset,,,,,5,,,,zyzzyva@example.com,+49 170 1234567\n"
    )
    [account] = read_history_file(path)
    assert "zyzzyva" not in repr(account)
    assert "1234567" not in repr(account)


@pytest.mark.django_db
def test_texts_that_are_kept_are_kept_without_them(client: Client) -> None:
    account = TikTokAccountFactory(user__consents=ALL_CONSENTS)
    video = {"id": "1", "create_time": 1_700_000_000, "video_description": "Write to zyzzyva@example.com! #pier"}
    store_posts(lock_account(account.pk), [Video.model_validate(video).as_fetched()], timezone.now())
    assert Post.objects.get().caption == f"Write to {BLANK}! #pier"
    client.force_login(account.user)
    text = "Call +49 170 1234567 for the sunset"
    client.post("/predict", {"post": {"text": text}}, content_type="application/json")
    assert Prediction.objects.get().caption == f"Call {BLANK} for the sunset"
    given = PredictionFactory(account=account)
    said = {"verdict": "wrong", "reason": "other", "text": "ask zyzzyva@example.com"}
    client.post(f"/api/v1/predictions/{given.public_id}/feedback/", said, content_type="application/json")
    assert Feedback.objects.get().text == f"ask {BLANK}"


@pytest.mark.django_db
def test_captions_are_measured_without_contacts(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    text, blanked = "Write to zyzzyva@example.com! #pier", f"Write to {BLANK}! #pier"
    video = {"id": "1", "create_time": 1_700_000_000, "title": text}
    store_posts(lock_account(account.pk), [Video.model_validate(video).as_fetched()], timezone.now())
    client.post("/predict", {"post": {"text": text}}, content_type="application/json")
    content, given = PostContent.objects.get(), Prediction.objects.get()
    measures = measure_caption(blanked)
    assert (content.length, bytes(content.embedding)) == (len(blanked), measures.embedding.tobytes())
    assert given.caption_length == len(blanked)
    assert content.caption_fingerprint == given.caption_fingerprint == caption_fingerprint(blanked)


@pytest.mark.django_db
def test_names_that_people_choose_are_kept_without_them(client: Client) -> None:
    contact = "zyzzyva@example.com"
    profile = Profile.read({"display_name": f"Jane {contact} +49 170 1234567"})
    assert profile.display_name == f"Jane {BLANK} {BLANK}"
    assert len(Profile.read({"display_name": "a@b.de " * 60}).display_name) == 255
    account = TikTokAccountFactory()
    client.force_login(account.user)
    client.post("/api/v1/tokens/", {"name": f"script of {contact}"}, content_type="application/json")
    assert APIToken.objects.get().name == f"script of {BLANK}"
    draft = {"post": {"text": "Sunset", "metadata": {"client": f"web of {contact}"}}}
    assert client.post("/predict", draft, content_type="application/json").status_code == 200
    assert Prediction.objects.get().client == f"web of {BLANK}"


@pytest.mark.django_db
def test_nor_are_they_kept_as_hashtags(client: Client) -> None:
    account = TikTokAccountFactory()
    client.force_login(account.user)
    for tag in ("zyzzyva@example.com", "+49 170 1234567", "1701234567", "zyzzyva meets quiddity"):
        draft = {"post": {"text": "Sunset", "hashtags": [tag]}}
        answer = client.post("/predict", draft, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "post.hashtags[0]")
    assert search_database(WORDS) == []


@pytest.mark.parametrize(
    "flag",
    [
        {"privacy_level": "SELF_ONLY"},
        {"privacy_level": "MUTUAL_FOLLOW_FRIENDS"},
        {"privacy_level": "FOLLOWER_OF_CREATOR"},
        {"privacyLevel": "something new"},
        {"is_private": True},
        {"isPrivate": "true"},
        {"private": 1},
        {"privateItem": True},
        {"secret": True},
        {"visibility": "private"},
        {"WhoCanView": "Only me"},
    ],
)
def test_a_video_that_not_everybody_may_see_is_dropped(flag: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    public = {"privacy_level": "PUBLIC_TO_EVERYONE", "is_private": False, "secret": None, "visibility": ""}
    videos = [{"id": "1", "create_time": 1_700_000_000, **public}, {"id": "2", "create_time": 1_700_000_000, **flag}]
    page, _ = read_page({"videos": videos, "has_more": False})
    assert [post.id for post in page.posts] == ["1"]
    api = display.DisplayAPI(1)
    monkeypatch.setattr(api, "_call", lambda *args: {"videos": videos})
    assert list(api.counts(["1", "2"])) == ["1"]


def nothing_kept(caplog: pytest.LogCaptureFixture) -> bool:
    return not (search_database(WORDS) or search_redis(WORDS) or any(word in caplog.text for word in WORDS))


# --- blanking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "contact",
    [
        "a@b.de",
        "first.last+tag@mail.example.co.uk",
        "+1 (555) 010-9999",
        "0049/170/1234567",
        "0170 1234567",
        "555-0199-22",
    ],
)
def test_contacts_are_blanked(contact: str) -> None:
    assert blank_contacts(f"Reach me: {contact}, thanks") == f"Reach me: {BLANK}, thanks"


@pytest.mark.parametrize("before", ["wa.me/", "Tel.", "Tel:", "WhatsApp/"])
def test_numbers_are_blanked_that_follow_without_a_space(before: str) -> None:
    assert blank_contacts(f"{before}491701234567") == f"{before}{BLANK}"


@pytest.mark.parametrize("addresses", ["a@b.de+x@c.de", "a@b.de.@c.de", "a@b.de,x@c.de"])
def test_addresses_that_touch_are_blanked(addresses: str) -> None:
    assert blank_contacts(addresses).replace(BLANK, "") in {"", ","}


@contextmanager
def within_own_seconds(seconds: int) -> Iterator[None]:
    """TimeoutError once this process has worked so long, however long it waited for others."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("word", ["a.", "1234567890", "ﷺ", "a--", "@..."])
def test_a_word_is_gone_through_once_however_long_it_is(word: str) -> None:
    # a few hundredths of a second; twenty minutes in the square of its length
    text = word * (1_000_000 // len(word))
    with within_own_seconds(30):
        assert blank_contacts(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("Top 100 of 2026!", "24/7", "#1234567890", "at 18:30 on 24.12.", "@user1234567", "100 000 views", "3,5 km"),
        *("", "sunset @ the pier", "🦊🦊🦊", "https://www.tiktok.com/@fox/video/7301234567890123456"),
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert blank_contacts(text) == text


@given(st.text())
def test_blanking_twice_is_blanking_once(text: str) -> None:
    once = blank_contacts(text)
    assert blank_contacts(once) == once
