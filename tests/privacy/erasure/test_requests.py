"""Requests for erasure, by every way in, and cancelling them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.linked.services import authorization_removed
from accounts.models import User
from accounts.tokens.services import create_api_token
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure import steps as erasure_steps
from privacy.models import AccessEvent, Erasure, SubjectKey, Through
from tests.factories import (
    StaffFactory,
    TikTokAccountFactory,
    UserFactory,
    enter_admin,
)
from tests.privacy.erasure.erasures import erase, everything


@pytest.mark.django_db
def test_a_person_has_fourteen_days_and_can_change_their_mind(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    erasure = Erasure.objects.get()
    assert erasure.due_at > timezone.now() + timedelta(days=13)
    assert not erasure_running.run(erasure_pk=erasure.pk)
    assert erasing.resume_due() == []
    assert "Keep my data" in client.get("/your-data/erasure/").content.decode()
    client.post("/your-data/erasure/", {"wish": "cancel"})
    erasure.refresh_from_db()
    assert (erasure.state, erasure.user_id) == (Erasure.State.CANCELLED, None)
    assert not erasure_running.run(erasure_pk=erasure.pk, now=timezone.now() + timedelta(days=15))


@pytest.mark.django_db
def test_the_wait_can_be_skipped_and_asking_twice_is_asking_once(client: Client) -> None:
    user = UserFactory()
    client.force_login(user)
    client.post("/your-data/erasure/", {"wish": "later"})
    answer = client.post("/your-data/erasure/", {"wish": "now"})
    erasure = Erasure.objects.get()
    assert answer["Location"] == f"/erasures/{erasure.public_id}/"
    assert erasing.resume_due() == [erasure.pk]


@pytest.mark.django_db
def test_over_the_api_by_people_alone(client: Client) -> None:
    user = UserFactory()
    _, token = create_api_token(user=user, name="a program")
    program = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/privacy/erasure", headers=program).status_code == 403
    client.force_login(user)
    assert client.get("/api/v1/privacy/erasure").status_code == 404
    asked = client.post("/api/v1/privacy/erasure", {}, content_type="application/json")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert client.get("/api/v1/privacy/erasure").json() == asked.json()
    assert client.delete("/api/v1/privacy/erasure").status_code == 204
    assert client.delete("/api/v1/privacy/erasure").status_code == 404


@pytest.mark.django_db
def test_over_the_api_at_once(client: Client, silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    client.force_login(user)
    asked = client.post("/api/v1/privacy/erasure", {"now": True}, content_type="application/json")
    assert asked.status_code == 202
    erasure = Erasure.objects.get(public_id=asked.json()["id"])
    assert erasure_running.run(erasure_pk=erasure.pk)
    assert not User.objects.exists()
    assert "Erased" in client.get(f"/erasures/{erasure.public_id}/").content.decode()


@pytest.mark.django_db
def test_staff_are_refused_and_not_offered_it(client: Client) -> None:
    client.force_login(StaffFactory(username="staff"))
    assert "Erase everything" not in client.get("/your-data/erasure/").content.decode()
    for wish in ("now", "later"):
        answer = client.post("/your-data/erasure/", {"wish": wish}, follow=True)
        assert "Staff cannot be erased while they are staff" in answer.content.decode()
    refused = client.post("/api/v1/privacy/erasure", {"now": True}, content_type="application/json")
    assert refused.status_code == 403
    assert "Staff cannot be erased" in refused.json()["detail"]
    assert not Erasure.objects.exists()


@pytest.mark.django_db
def test_an_account_of_staff_goes_alone(silent_tiktok: list[str]) -> None:
    staff = TikTokAccountFactory(user=StaffFactory()).user
    erasure = erase(staff, account_id=staff.tiktok_accounts.get().pk, reason=Erasure.Reason.TIKTOK)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    assert User.objects.get() == staff


@pytest.mark.django_db
def test_both_accounts_at_once_take_the_person_along(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    first, second = user.tiktok_accounts.get(), TikTokAccountFactory(user=user, open_id="open-second")
    for account_id in (first.pk, second.pk, second.pk):
        erasing.request_erasure(
            user_id=user.pk,
            account_id=account_id,
            reason=Erasure.Reason.TIKTOK,
            through=Through.WEBHOOK,
            grace=None,
        )
    assert list(Erasure.objects.values_list("whole", flat=True)) == [False, False]
    while due := erasing.resume_due():
        for erasure_pk in due:
            assert erasure_running.run(erasure_pk=erasure_pk)
    assert Erasure.objects.filter(state=Erasure.State.DONE, whole=True).count() == 1
    assert not User.objects.exists()
    assert not SubjectKey.objects.exists()


@pytest.mark.django_db
def test_an_account_that_goes_takes_no_days_from_its_person(silent_tiktok: list[str]) -> None:
    user = everything("zyzzyva")
    second = TikTokAccountFactory(user=user, open_id="open-second")
    whole = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    erasure = erase(user, account_id=second.pk, reason=Erasure.Reason.TIKTOK, through=Through.WEBHOOK)
    assert (erasure.state, erasure.whole) == (Erasure.State.DONE, False)
    whole.refresh_from_db()
    assert whole.due_at > timezone.now() + timedelta(days=13)
    assert erasing.cancel_erasure(user_id=user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", [Erasure.Reason.TIKTOK, Erasure.Reason.STAFF, Erasure.Reason.RETENTION])
@pytest.mark.parametrize("asked_before", [False, True])
def test_nobody_cancels_what_others_asked_for(client: Client, reason: Erasure.Reason, asked_before: bool) -> None:
    user = UserFactory()
    client.force_login(user)
    if asked_before:
        client.post("/your-data/erasure/", {"wish": "later"})
    erasing.request_erasure(user_id=user.pk, reason=reason, through=Through.TASK, grace=None)
    assert "Keep my data" not in client.get("/your-data/erasure/").content.decode()
    client.post("/your-data/erasure/", {"wish": "cancel"})
    assert client.delete("/api/v1/privacy/erasure").status_code == 404
    assert Erasure.objects.get().state == Erasure.State.WAITING


@pytest.mark.django_db
def test_staff_may_for_a_stated_reason(client: Client) -> None:
    user = UserFactory()
    enter_admin(client)
    client.post("/admin/accounts/user/", {"action": "erase", "_selected_action": [user.pk]})
    assert Erasure.objects.get().user_id == user.pk
    assert AccessEvent.objects.filter(action="erase").latest("pk").why == "ticket 4711, a forecast is off"


@pytest.mark.django_db
def test_tiktok_tells_that_an_account_was_deleted() -> None:
    user = everything("zyzzyva")
    authorization_removed(
        open_id="open-zyzzyva",
        removed_at=timezone.now() + timedelta(seconds=1),
        delivery="1",
        now=timezone.now(),
        account_deleted=True,
    )
    erasure = Erasure.objects.get()
    assert (erasure.user_id, erasure.reason, erasure.whole) == (user.pk, "tiktok", True)


@pytest.mark.django_db
def test_nobody_gets_in_meanwhile(silent_tiktok: list[str], client: Client) -> None:
    user = everything("zyzzyva")
    client.force_login(user)
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    for name in ("collect", "stop"):
        erasure_steps.STEPS[name](erasure)
    assert client.get("/posts/").status_code == 302
    assert client.post("/predict", {"post": {"text": "x"}}, content_type="application/json").status_code in (401, 403)
