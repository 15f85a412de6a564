"""The pages of an import: a file streams into sealed parts, is shown row by row, and is taken with a yes alone."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import TikTokAccount
from posts.imports import services, uploads
from posts.imports.parts import PART_BYTES, SealedFile
from posts.imports.services import run_import
from posts.models import Import, ImportPart
from posts.platforms.exports.tiktok_json import LAYOUTS
from tests.factories import TikTokAccountFactory
from tests.pages.test_every_page import check_page
from tests.posts.imports.bringing import look_at, take
from tests.posts.platforms.exports.files import as_csv, as_json, export_of, export_rows, history_rows

pytestmark = pytest.mark.django_db

FILE = as_json(export_of(LAYOUTS[0], [*export_rows(4), {"Date": "never"}]))


@pytest.fixture
def account() -> TikTokAccount:
    return TikTokAccountFactory()


@pytest.fixture
def browser(account: TikTokAccount) -> Client:
    client = Client()
    client.force_login(account.user)
    return client


def send(browser: Client, content: bytes, **others: Any) -> Any:
    file = io.BytesIO(content)
    file.name = "mia's data.json"
    return browser.post("/imports/upload/", {"file": file, **others})


def test_a_file_goes_from_the_form_to_the_posts(browser: Client, account: TikTokAccount) -> None:
    page = browser.get("/imports/")
    check_page(page.content.decode(), page.headers["Content-Security-Policy"])
    answer = send(browser, FILE)
    begun = Import.objects.get()
    assert answer.headers["Location"] == f"/imports/{begun.public_id}/"
    assert begun.state == "reading"
    assert "Looking at the file" in browser.get(answer.headers["Location"]).content.decode()
    run_import(import_id=begun.pk)
    assert browser.get("/imports/").headers["Location"] == f"/imports/{begun.public_id}/"
    page = browser.get(f"/imports/{begun.public_id}/")
    source = page.content.decode()
    check_page(source, page.headers["Content-Security-Policy"])
    assert LAYOUTS[0].replace(">", "&gt;") in source
    assert "Date is “never”" in source
    assert "Take these posts" in source
    assert not account.posts.exists()
    browser.post(f"/imports/{begun.public_id}/confirm/")
    assert "Storing" in browser.get(f"/imports/{begun.public_id}/").content.decode()
    run_import(import_id=begun.pk)
    page = browser.get(f"/imports/{begun.public_id}/")
    check_page(page.content.decode(), page.headers["Content-Security-Policy"])
    assert "What was taken" in page.content.decode()
    assert account.posts.count() == 4
    page = browser.get("/imports/")
    check_page(page.content.decode(), page.headers["Content-Security-Policy"])
    assert "stored" in page.content.decode()


def test_a_file_is_kept_sealed_in_parts_and_read_as_it_was(browser: Client) -> None:
    content = FILE + b" " * (2 * PART_BYTES + 17)
    send(browser, content)
    begun = Import.objects.get()
    assert [len(part) > PART_BYTES for part in ImportPart.objects.values_list("sealed", flat=True)] == [
        True,
        True,
        False,
    ]
    assert not any(b"VideoList" in bytes(part) for part in ImportPart.objects.values_list("sealed", flat=True))
    file = io.BufferedReader(SealedFile(begun))
    assert file.read() == content
    file.seek(PART_BYTES - 5)
    assert file.read(10) == content[PART_BYTES - 5 : PART_BYTES + 5]
    file.seek(-3, io.SEEK_END)
    assert file.read() == content[-3:]


@pytest.mark.parametrize("content", [b"", None])
def test_a_form_without_a_file_is_told(browser: Client, content: bytes | None) -> None:
    answer = send(browser, content) if content is not None else browser.post("/imports/upload/", {"x": "y"})
    assert answer.headers["Location"].startswith("/imports/?account=")
    assert "There was no file" in browser.get(answer.headers["Location"]).content.decode()
    assert not Import.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_FILE", 1_000)
    monkeypatch.setattr(uploads, "FORM_BYTES", 0)
    answer = send(browser, b"x" * 2_000)
    assert "larger than" in browser.get(answer.headers["Location"]).content.decode()
    monkeypatch.setattr(uploads, "FORM_BYTES", 100_000)
    answer = send(browser, b"x" * 90_000)
    assert "larger than" in browser.get(answer.headers["Location"]).content.decode()
    assert not Import.objects.exists()
    assert not ImportPart.objects.exists()


def test_without_the_forms_token_nothing_is_taken(account: TikTokAccount) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(account.user)
    assert send(client, FILE).status_code == 403
    assert not Import.objects.exists()
    client.get("/imports/")
    token = client.cookies["csrftoken"].value
    assert send(client, FILE, csrfmiddlewaretoken=token).status_code == 302
    assert Import.objects.get().state == "reading"


def test_a_second_file_has_to_wait(browser: Client, account: TikTokAccount) -> None:
    waiting = look_at(account, FILE)
    answer = send(browser, FILE)
    assert answer.status_code == 302
    assert Import.objects.get() == waiting


@pytest.mark.parametrize("way", ["", "confirm/", "cancel/"])
def test_another_persons_import_is_not_there(way: str, browser: Client) -> None:
    other = look_at(TikTokAccountFactory(), FILE)
    path = f"/imports/{other.public_id}/{way}"
    assert (browser.post(path) if way else browser.get(path)).status_code == 404
    other.refresh_from_db()
    assert other.state == "ready"


@pytest.mark.parametrize("path", ["/imports/", "/imports/upload/", "/imports/impo_x/", "/imports/impo_x/confirm/"])
def test_nobody_comes_here_without_a_sign_in(path: str) -> None:
    assert Client().post(path).status_code in (302, 405)
    assert not Import.objects.exists()


def refuse(account: TikTokAccount) -> Import:
    return look_at(account, b"{}")


def cancel(account: TikTokAccount) -> Import:
    shown = look_at(account, FILE)
    services.cancel(shown)
    return shown


@pytest.mark.parametrize("make", [refuse, cancel, lambda account: take(account, as_csv(history_rows(60)))])
def test_the_page_is_sound_however_it_ended(
    make: Callable[[TikTokAccount], Import], browser: Client, account: TikTokAccount
) -> None:
    shown = make(account)
    for query in ("", "?outcome=skipped", "?outcome=new&page=2", "?outcome=nonsense&page=-4"):
        page = browser.get(f"/imports/{shown.public_id}/{query}")
        assert page.status_code == 200
        check_page(page.content.decode(), page.headers["Content-Security-Policy"])


def test_a_file_of_another_name_is_warned_of(browser: Client, account: TikTokAccount) -> None:
    shown = look_at(account, FILE)
    assert "<strong>@mia.makes</strong>" in browser.get(f"/imports/{shown.public_id}/").content.decode()


def test_imports_in_the_api(browser: Client, account: TikTokAccount) -> None:
    shown = look_at(account, FILE)
    row = browser.get(f"/api/v1/imports/{shown.public_id}").json()
    assert (row["state"], row["rows"]["new"], row["rows"]["skipped"]) == ("ready", 4, 1)
    rows = browser.get(f"/api/v1/imports/{shown.public_id}/rows").json()["results"]
    assert [each["outcome"] for each in rows] == ["new"] * 4 + ["skipped"]
    assert browser.post(f"/api/v1/imports/{shown.public_id}/confirm").status_code == 202
    assert browser.post(f"/api/v1/imports/{shown.public_id}/cancel").status_code == 409
    run_import(import_id=shown.pk)
    assert browser.get("/api/v1/imports").json()["results"][0]["state"] == "done"
    other = look_at(TikTokAccountFactory(), FILE)
    for path in ("", "/rows"):
        assert browser.get(f"/api/v1/imports/{other.public_id}{path}").status_code == 404
    assert browser.post(f"/api/v1/imports/{other.public_id}/cancel").status_code == 404


def test_an_upload_that_never_ended_is_forgotten(account: TikTokAccount) -> None:
    services.begin_upload(account_id=account.pk)
    assert services.cancel_unanswered(now=timezone.now() + timedelta(days=2)) == 1
