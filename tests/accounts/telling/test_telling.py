"""People are told once of each thing that happened, in the app and over the API, and never without their consent."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.linked.services import authorization_removed, connect_account
from accounts.models import Notice, TikTokAccount
from accounts.telling.services import mark_all_read, tell, withdraw_notice
from accounts.tiktok.client import Grant
from privacy.export import services as exporting
from privacy.purposes import Purpose
from tests.accounts.telling.factories import NoticeFactory
from tests.factories import TikTokAccountFactory, disagree
from tests.pages.html import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory(time_zone="Europe/Berlin")
    return account


def browser_of(account: TikTokAccount) -> Client:
    client = Client()
    client.force_login(account.user)
    return client


def tell_result(account: TikTokAccount, about: str = "post_one") -> bool:
    return tell(
        user_id=account.user_id,
        kind=Notice.Kind.RESULT,
        about=about,
        link="/track-record/",
        account_id=account.pk,
        params={"posted_at": "2026-11-03T23:30:00+00:00", "likes": 1210, "low": 71, "high": 403},
    )


def test_a_person_is_told_once_of_each_thing_and_again_only_after_it_was_withdrawn(account: TikTokAccount) -> None:
    assert [tell_result(account), tell_result(account), tell_result(account, "post_two")] == [True, False, True]
    withdraw_notice(user_id=account.user_id, kind=Notice.Kind.RESULT, about="post_one")
    assert tell_result(account)
    assert Notice.objects.count() == 2


def test_nobody_is_told_anything_without_consent(account: TikTokAccount) -> None:
    disagree(account.user, Purpose.SERVICE)
    assert not tell_result(account)
    assert not Notice.objects.exists()


def test_the_page_shows_unread_ones_first_in_words_and_local_time(account: TikTokAccount) -> None:
    tell_result(account)
    NoticeFactory(account=account, kind=Notice.Kind.CONNECTION_LOST, about=account.public_id)
    page = read(browser_of(account).get("/notifications/").content.decode())
    first, second = [each.text for each in page.all("li") if "notice" in (each.get("class") or "").split()]
    # half past eleven in the evening in London is the next day in Berlin
    assert "Your post of 4 Nov got 1,210 likes in 24 hours, more than the likely 71–403." in " ".join(first.split())
    assert "Mark as read" in first
    assert "Connect it again" in second
    assert "Mark as read" not in second
    assert "1 unread" in " ".join(next(each for each in page.all("summary")).text.split())


def test_opening_a_notice_marks_it_read_and_leads_on(account: TikTokAccount) -> None:
    tell_result(account)
    tell_result(account, "post_two")
    browser, notice = browser_of(account), Notice.objects.earliest("pk")
    response = browser.post(f"/notifications/{notice.public_id}/", {"open": ""})
    assert (response.status_code, response["Location"]) == (302, "/track-record/")
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert browser.post("/notifications/", follow=True).status_code == 200
    assert not Notice.objects.filter(read_at=None).exists()
    assert "Nothing yet" not in browser.get("/notifications/").content.decode()


def test_a_person_without_notices_reads_what_will_come(account: TikTokAccount) -> None:
    assert "You will read here" in browser_of(account).get("/notifications/").content.decode()


def test_programs_list_and_read_notifications(account: TikTokAccount) -> None:
    tell_result(account)
    NoticeFactory(account=account)
    NoticeFactory()
    browser, address = browser_of(account), "/api/v1/notifications"
    assert browser.get(address).json()["count"] == 2
    [unread] = browser.get(f"{address}?unread=true").json()["results"]
    assert (unread["kind"], unread["account"], unread["about"]) == ("result", account.public_id, "post_one")
    assert unread["params"]["likes"] == 1210
    assert unread["text"].startswith("Your post of 4 Nov")
    assert unread["link"] == "http://testserver/track-record/"
    assert browser.post(f"{address}/{unread['id']}/read").json()["read_at"]
    assert browser.post(f"{address}/read-all").json() == {"read": 0}


def test_a_lost_connection_is_told_and_withdrawn_when_it_is_back(
    account: TikTokAccount, django_capture_on_commit_callbacks: Any
) -> None:
    now = timezone.now()
    assert authorization_removed(open_id=account.open_id, removed_at=now + timedelta(seconds=1), delivery="a", now=now)
    notice = Notice.objects.get()
    assert (notice.kind, notice.account, notice.link) == (Notice.Kind.CONNECTION_LOST, account, "/settings/")
    grant = Grant(
        open_id=account.open_id,
        scope="video.list",
        access_token="act.new",
        expires_in=86_400,
        refresh_token="rft.new",
        refresh_expires_in=864_000,
    )
    with django_capture_on_commit_callbacks(execute=True):
        connect_account(user=account.user, grant=grant, now=timezone.now())
    assert not Notice.objects.exists()


def test_a_copy_that_is_ready_is_told(account: TikTokAccount) -> None:
    export = exporting.request_export(user_id=account.user_id)
    assert exporting.make(export_pk=export.pk)
    notice = Notice.objects.get()
    assert (notice.kind, notice.about, notice.link) == (
        Notice.Kind.EXPORT_READY,
        export.public_id,
        "/your-data/export/",
    )
    assert mark_all_read(user_id=account.user_id) == 1
