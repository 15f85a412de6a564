"""The staff's page of a person: found, looked at for a reason, helped, and all of it in the person's trail."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from posts.models import Refresh
from privacy.models import AccessEvent, DataExport, Erasure
from privacy.trail.selectors import events_about
from tests.factories import FeedbackFactory, StaffFactory, enter_admin, verify
from tests.pages.conftest import Creator, make_creator

pytestmark = pytest.mark.django_db
REASON = "ticket 4711, a forecast is off"


@pytest.fixture
def person(db: None) -> Creator:
    creator = make_creator()
    Refresh.objects.update(state=Refresh.State.FAILED, reason=Refresh.Reason.RATE_LIMITED)
    FeedbackFactory(prediction=creator.prediction)
    return creator


def member(role: str) -> User:
    staff: User = StaffFactory(username=role.replace(" ", "-"), is_superuser=False)
    staff.groups.set([Group.objects.get(name=role)])
    return staff


def address(person: Creator, page: str = "change") -> str:
    return f"/admin/accounts/user/{person.user.pk}/{page}/"


def by_staff(person: Creator) -> list[tuple[str, str]]:
    events = events_about(person.user.pk, by_others=True).filter(actor_kind=AccessEvent.Actor.STAFF)
    return list(events.values_list("action", "why"))


def test_without_a_reason_nobody_is_found_or_helped(person: Creator) -> None:
    client = Client()
    verify(client, member("support"))
    again = f"/admin/posts/refresh/again/{person.account.pk}/"
    for path in (address(person), address(person, "export"), f"/admin/accounts/user/?q={person.account.public_id}"):
        assert client.get(path)["Location"].startswith("/admin/reason/?next=")
    for path in (address(person, "export"), again):
        assert client.post(path)["Location"].startswith("/admin/reason/?next=")
    assert not DataExport.objects.exists()
    assert by_staff(person) == []


def test_support_finds_a_person_by_id_and_sees_counts_and_no_names(person: Creator) -> None:
    client = enter_admin(Client(), member("support"))
    found = client.get("/admin/accounts/user/", {"q": person.account.public_id})
    assert found["Location"] == address(person)
    page = client.get(address(person)).content.decode()
    for words in (
        "Failed",
        "TikTok asked Postcast to pause",
        "1, 1 within the range",
        "Learning from your posts",
        "Your posts",
    ):
        assert words.lower() in page.lower(), words
    assert person.account.display_name not in page
    assert person.account.username not in client.get("/admin/accounts/user/", {"q": person.account.username})
    assert "Erase this person" not in page
    assert ("read", REASON) in by_staff(person)


def test_names_lead_to_a_person_for_those_who_may_see_them(person: Creator) -> None:
    client = enter_admin(Client(), member("privacy officer"))
    found = client.get("/admin/accounts/user/", {"q": person.account.username})
    assert found["Location"] == address(person)
    assert person.account.name in client.get(address(person)).content.decode()


def test_support_reads_an_account_again_and_has_a_copy_made(person: Creator) -> None:
    client = enter_admin(Client(), member("support"))
    client.post(f"/admin/posts/refresh/again/{person.account.pk}/")
    assert person.account.refreshes.filter(state=Refresh.State.QUEUED).exists()
    assert by_staff(person)[0] == ("change", REASON)
    client.post(address(person, "export"))
    assert DataExport.objects.filter(user=person.user).exists()
    assert ("export", REASON) in by_staff(person)


def test_erasing_is_asked_about_first(person: Creator) -> None:
    support = enter_admin(Client(), member("support"))
    assert support.post(address(person, "erase")).status_code == 403
    officer = enter_admin(Client(), member("privacy officer"))
    assert "cannot be undone" in officer.get(address(person, "erase")).content.decode()
    assert not Erasure.objects.exists()
    officer.post(address(person, "erase"))
    assert Erasure.objects.get().reason == Erasure.Reason.STAFF
    assert ("erase", REASON) in by_staff(person)


def test_a_forecast_is_found_by_its_id_and_told_in_words(person: Creator) -> None:
    client = enter_admin(Client(), member("support"))
    met = person.met_prediction
    found = client.get("/admin/predictions/prediction/", {"q": met.public_id}, follow=True)
    page = found.content.decode()
    assert found.redirect_chain[-1][0] == f"/admin/predictions/prediction/{met.pk}/change/"
    for words in ("160 likes after 24 hours", "70–400", "200, measured", "20% of the likes", "26 characters"):
        assert words in page, words
    assert by_staff(person)[0] == ("read", REASON)
