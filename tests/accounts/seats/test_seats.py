"""Seats: what members may open and change, whose consent counts, and what the owner reads of it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Notice, Seat, TikTokAccount
from accounts.seats import services
from accounts.seats.services import accept, invite
from predictions.models import DraftComment, Prediction, SavedDraft
from privacy.declarations.registry import subject_of
from privacy.erasure import hooks
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.trail.selectors import events_about
from tests.accounts.seats.factories import SeatFactory
from tests.accounts.telling.factories import NoticeFactory
from tests.factories import TikTokAccountFactory, UserFactory, agree, disagree
from tests.predictions.comments.factories import DraftCommentFactory
from tests.predictions.forecasts.api_requests import in_hours
from tests.predictions.plan.factories import SavedDraftFactory
from tests.privacy.erasure.erasures import erase, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    made: TikTokAccount = TikTokAccountFactory()
    agree(made.user, Purpose.DRAFTS)
    return made


@pytest.fixture
def draft(account: TikTokAccount) -> SavedDraft:
    made: SavedDraft = SavedDraftFactory(account=account, caption="Sunset at the pier")
    return made


def browser_of(seat: Seat) -> Client:
    assert seat.person is not None
    client = Client()
    client.force_login(seat.person)
    return client


def program_of(seat: Seat) -> APIClient:
    client = APIClient()
    client.force_authenticate(seat.person)
    return client


def pages_for(account: TikTokAccount, draft: SavedDraft) -> list[str]:
    return [
        f"/report/?account={account.public_id}",
        f"/report/download/?account={account.public_id}",
        f"/plan/?account={account.public_id}",
        f"/plan/?account={account.public_id}&view=list",
        f"/plan/drafts/{draft.public_id}/",
        f"/api/v1/accounts/{account.public_id}/report",
        f"/api/v1/drafts/{draft.public_id}",
        f"/api/v1/drafts/{draft.public_id}/comments",
    ]


def statuses(client: Any, paths: list[str]) -> set[int]:
    return {client.get(path).status_code for path in paths}


def test_an_invitation_is_accepted_once_by_somebody_else(account):
    owner, guest, other = Client(), Client(), Client()
    owner.force_login(account.user)
    guest.force_login(UserFactory())
    other.force_login(UserFactory())
    page = owner.post(f"/settings/accounts/{account.public_id}/seats/", {"name": "Mia", "role": "editor"})
    address = page.context["address"]
    assert address in page.content.decode()
    assert "own invitation" in owner.get(address).content.decode()
    assert Client().get(address).status_code == 302
    assert account.display_name in guest.get(address).content.decode()
    assert guest.post(address)["Location"] == f"/report/?account={account.public_id}"
    seat = Seat.objects.get()
    assert (seat.role, seat.digest, seat.person) == ("editor", None, guest.get("/report/").wsgi_request.user)
    told = Notice.objects.get(user=account.user)
    assert (told.kind, told.params) == ("seat_taken", {"count": 1})
    assert owner.post(f"/notifications/{told.public_id}/", {"open": ""})["Location"].endswith("/seats/")
    assert other.get(address).status_code == 404
    other.post(address)
    assert Seat.objects.filter(accepted_at__isnull=False).count() == 1


def test_an_invitation_ends_after_seven_days_and_when_it_is_taken_back(account):
    late = invite(account_id=account.pk, name="Mia", role=Seat.Role.VIEWER)[1]
    with time_machine.travel(timezone.now() + timedelta(days=8)), pytest.raises(services.NotAccepted):
        accept(token=late, user=UserFactory(), now=timezone.now())
    seat, token = invite(account_id=account.pk, name="Mia", role=Seat.Role.VIEWER)
    services.remove(seat=seat, now=timezone.now())
    with pytest.raises(services.NotAccepted):
        accept(token=token, user=UserFactory(), now=timezone.now())
    own = invite(account_id=account.pk, name="Me", role=Seat.Role.VIEWER)[1]
    with pytest.raises(services.NotAccepted, match="your own account"):
        accept(token=own, user=account.user, now=timezone.now())
    again = invite(account_id=account.pk, name="Mia", role=Seat.Role.EDITOR)[1]
    with pytest.raises(services.NotAccepted, match="already"):
        accept(token=again, user=SeatFactory(account=account).person, now=timezone.now())


def test_a_member_sees_what_a_seat_opens_and_nothing_else(account, draft):
    seat = SeatFactory(account=account)
    member, program = browser_of(seat), program_of(seat)
    assert statuses(member, pages_for(account, draft)) == {200}
    assert account.display_name in member.get("/side-by-side/").content.decode()
    [row] = program.get("/api/v1/side-by-side").json()
    assert row["account"] == account.public_id
    of_the_owner = [
        *(f"/{page}/?account={account.public_id}" for page in ("overview", "posts", "insights", "track-record")),
        *(f"/{page}/?account={account.public_id}" for page in ("forecasts", "experiments", "sharing/report")),
        f"/settings/accounts/{account.public_id}/seats/",
        f"/settings/accounts/{account.public_id}/disconnect/",
        f"/api/v1/accounts/{account.public_id}",
        f"/api/v1/accounts/{account.public_id}/insights",
        f"/api/v1/accounts/{account.public_id}/seats",
    ]
    assert statuses(member, of_the_owner) == {404}
    for path, body in (
        ("/api/v1/predict", {"account_id": account.public_id, "post": {"text": "Sunset"}}),
        ("/api/v1/shares", {"account_id": account.public_id, "period": "week", "day": "2026-11-25"}),
    ):
        assert program.post(path, body, format="json").status_code == 404


def test_a_viewer_reads_and_comments_and_changes_nothing(account, draft):
    seat = SeatFactory(account=account)
    member, program = browser_of(seat), program_of(seat)
    assert "Sunset at the pier" in member.get(f"/plan/drafts/{draft.public_id}/").content.decode()
    form = {"caption": "Mine now", "publish_at": "2030-01-01T12:00", "draft": draft.public_id}
    for path in (
        f"/compose/?account={account.public_id}",
        f"/plan/drafts/{draft.public_id}/",
        f"/plan/drafts/try/?account={account.public_id}",
        f"/plan/drafts/save/?account={account.public_id}",
        f"/plan/drafts/{draft.public_id}/delete/",
        f"/plan/drafts/{draft.public_id}/remind-no-more/",
    ):
        assert member.post(path, form).status_code == 403, path
    one = f"/api/v1/drafts/{draft.public_id}"
    assert program.patch(one, {"version": 1, "text": "Mine now"}, format="json").status_code == 403
    assert program.delete(one).status_code == 403
    new = {"account_id": account.public_id, "text": "Mine now"}
    assert program.post("/api/v1/drafts", new, format="json").status_code == 403
    assert list(SavedDraft.objects.values_list("caption", "version")) == [("Sunset at the pier", 1)]
    assert not Prediction.objects.exists()
    made = program.post(f"{one}/comments", {"text": "Shorter?"}, format="json")
    assert (made.status_code, made.json()["author"], made.json()["is_own"]) == (201, "Mia", True)


def test_an_editor_writes_and_forecasts_for_the_account(account, draft):
    seat = SeatFactory(account=account, role=Seat.Role.EDITOR)
    member, program = browser_of(seat), program_of(seat)
    # the owner keeps texts, the editor does not: only the owner's choice counts
    made = program.post(
        "/api/v1/drafts",
        {"account_id": account.public_id, "text": "Dawn", "scheduled_time_utc": in_hours(30)},
        format="json",
    )
    assert made.json()["text"] == "Dawn"
    soon = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    page = member.post(f"/plan/drafts/{draft.public_id}/", {"caption": "Noon", "publish_at": soon})
    assert page.status_code == 200
    assert "This forecast is saved." in page.content.decode()
    draft.refresh_from_db()
    assert draft.prediction is not None
    assert (draft.caption, draft.prediction.account, draft.prediction.caption) == ("Noon", account, "Noon")
    assert program.delete(made["Location"]).status_code == 204


def test_the_owner_reads_in_human_words_what_a_member_opened(account, draft):
    seat = SeatFactory(account=account)
    member = browser_of(seat)
    member.get(f"/plan/drafts/{draft.public_id}/")
    member.post(f"/plan/drafts/{draft.public_id}/comments/", {"comment": "Shorter?"})
    events = events_about(account.user_id, by_others=True).filter(actor_kind=AccessEvent.Actor.MEMBER)
    assert {(event.actor, event.action) for event in events} == {(seat.trail_name, "read"), (seat.trail_name, "change")}
    # of the member nothing but their own visits, as theirs
    own = events_about(seat.person_id, by_others=False).exclude(action=AccessEvent.Action.CONSENT)
    assert set(own.values_list("actor_kind", flat=True)) == {AccessEvent.Actor.PERSON}
    owner = Client()
    owner.force_login(account.user)
    page = owner.get("/your-data/access/").content.decode()
    assert "<bdi>Mia (viewer)</bdi>" in page
    assert "opened: your drafts" in page
    told = owner.get("/api/v1/privacy/access").json()["results"][0]
    assert (told["who"], told["member"]) == ("member", "Mia (viewer)")
    seat.delete()
    assert "Somebody who had a seat" in owner.get("/your-data/access/").content.decode()


def test_a_list_of_drafts_stands_in_the_trail_of_those_whose_drafts_it_holds(account, draft):
    seat = SeatFactory(account=account)
    empty = SeatFactory(person=seat.person)
    assert program_of(seat).get("/api/v1/drafts").json()["count"] == 1
    read = [
        events_about(owner, by_others=True).filter(actor_kind=AccessEvent.Actor.MEMBER).count()
        for owner in (account.user_id, empty.account.user_id)
    ]
    assert read == [1, 0]


@pytest.mark.parametrize("end", ["removed", "left", "owner withdrew", "owner is being erased", "account gone"])
def test_a_seat_that_ended_opens_nothing_with_the_next_request(account, draft, end):
    seat = SeatFactory(account=account, role=Seat.Role.EDITOR)
    member, paths = browser_of(seat), pages_for(account, draft)
    assert statuses(member, paths) == {200}
    NoticeFactory(user=seat.person, account=account, kind=Notice.Kind.COMMENT)
    owner = Client()
    owner.force_login(account.user)
    match end:
        case "removed":
            owner.post(f"/settings/accounts/{account.public_id}/seats/{seat.public_id}/remove/")
        case "left":
            member.post(f"/seats/{seat.public_id}/leave/")
        case "owner withdrew":
            disagree(account.user, Purpose.SERVICE)
        case "owner is being erased":
            for stop in hooks.STOP:
                stop(subject_of(account.user_id))
        case "account gone":
            account.delete()
    assert statuses(member, paths) == {404}
    ended = ["Your access has ended" in member.get(path).content.decode() for path in paths if "/api/" not in path]
    assert set(ended) == {end != "account gone"}
    # what stays when the owner withdraws, for as long as they may come back
    assert Notice.objects.filter(user=seat.person).exists() is (end == "owner withdrew")
    assert account.display_name not in member.get("/side-by-side/", follow=True).content.decode()
    form = {"caption": "Mine", "publish_at": "2030-01-01T12:00"}
    assert member.post(f"/plan/drafts/{draft.public_id}/", form).status_code == 404


def test_the_owners_consent_counts_not_the_members(account, draft):
    seat = SeatFactory(account=account, person__consents=())
    assert statuses(program_of(seat), [f"/api/v1/drafts/{draft.public_id}"]) == {200}


def test_comments_are_deleted_by_their_author_and_the_owner(account, draft):
    seat, other = SeatFactory(account=account), SeatFactory(account=account)
    theirs, owners = DraftCommentFactory(draft=draft, author=seat.person), DraftCommentFactory(draft=draft)
    comments = f"/api/v1/drafts/{draft.public_id}/comments"
    assert program_of(other).delete(f"{comments}/{theirs.public_id}").status_code == 403
    assert program_of(seat).delete(f"{comments}/{owners.public_id}").status_code == 403
    page = browser_of(other).post(f"/plan/drafts/{draft.public_id}/comments/{theirs.public_id}/delete/")
    assert page.status_code == 403
    assert [each["author"] for each in program_of(other).get(comments).json()["results"]] == ["Mia", "the owner"]
    assert program_of(seat).delete(f"{comments}/{theirs.public_id}").status_code == 204
    owner = APIClient()
    owner.force_authenticate(account.user)
    assert owner.delete(f"{comments}/{owners.public_id}").status_code == 204


def test_what_is_of_a_member_goes_with_them_and_the_drafts_stay(account, draft):
    seat = SeatFactory(account=account, person=TikTokAccountFactory().user)
    DraftCommentFactory(draft=draft, author=seat.person)
    kept = DraftCommentFactory(draft=draft)
    assert seat.person is not None
    rows = rows_of(seat.person)
    assert (rows["accounts.Seat"], rows["predictions.DraftComment"]) == (1, 1)
    erase(seat.person)
    assert not Seat.objects.exists()
    assert list(DraftComment.objects.all()) == [kept]
    assert SavedDraft.objects.filter(pk=draft.pk).exists()
    erase(account.user)
    assert not SavedDraft.objects.exists()


def test_over_rest_seats_are_given_listed_removed_and_left(account):
    owner = APIClient()
    owner.force_authenticate(account.user)
    seats = f"/api/v1/accounts/{account.public_id}/seats"
    made = owner.post(seats, {"name": "Mia", "role": "viewer"}, format="json")
    assert made.status_code == 201, made.content
    token = made.json()["address"].rstrip("/").rpartition("/")[2]
    seat = accept(token=token, user=UserFactory(), now=timezone.now())
    assert "address" not in owner.get(made["Location"]).json()
    [own] = program_of(seat).get("/api/v1/seats").json()["results"]
    assert (own["account"], own["account_name"], own["role"]) == (account.public_id, account.name, "viewer")
    assert program_of(seat).delete(f"/api/v1/seats/{seat.public_id}").status_code == 204
    assert owner.get(seats).json()["results"] == []
    removed = SeatFactory(account=account)
    assert owner.delete(f"{seats}/{removed.public_id}").status_code == 204
    assert program_of(removed).get("/api/v1/seats").json()["results"] == []


def test_an_account_has_so_many_seats_at_most(account, monkeypatch):
    monkeypatch.setattr(services, "MOST_SEATS", 1)
    invite(account_id=account.pk, name="Mia", role=Seat.Role.VIEWER)
    with pytest.raises(services.TooManySeats):
        invite(account_id=account.pk, name="Tom", role=Seat.Role.VIEWER)
