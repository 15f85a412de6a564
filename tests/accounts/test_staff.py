"""Staff: a second factor, roles that see no more than their task needs, and pseudonyms instead of names."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import TikTokAccount, User
from accounts.staff.roles import ROLES
from privacy.declarations.registry import table_of
from privacy.models import Erasure
from tests.factories import StaffFactory, TikTokAccountFactory, enter_admin, verify

pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.set([Group.objects.get(name=role)])
    return person


# --- the second factor ------------------------------------------------------------------------------------------------


def code_of(user: User) -> str:
    return f"{totp(TOTPDevice.objects.get(user=user).bin_key):06d}"


def test_a_password_alone_opens_no_page_of_the_admin(client: Client) -> None:
    user = StaffFactory()
    client.force_login(user)
    for path in ("/admin/", "/admin/accounts/user/", "/admin/reason/", "/admin/predictions/modelversion/roll-back/"):
        assert client.get(path)["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/")["Location"].startswith("/admin/second-factor/")


def test_the_first_time_a_device_is_enrolled_and_recovery_codes_are_shown_once(client: Client) -> None:
    user = StaffFactory()
    client.force_login(user)
    page = client.get("/admin/second-factor/").content.decode()
    assert "data:image/svg+xml" in page
    assert "not right" in client.post("/admin/second-factor/", {"code": "000000"}).content.decode()
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    codes = re.findall(
        r"<code>(\w+)</code>", client.post("/admin/second-factor/", {"code": code_of(user)}).content.decode()
    )
    assert len(set(codes)) == 10
    assert client.get("/admin/").status_code == 200
    assert codes[0] not in client.get("/admin/second-factor/").content.decode()
    later = Client()
    later.force_login(user)
    assert later.post("/admin/second-factor/?next=/admin/auth/", {"code": codes[0]})["Location"] == "/admin/auth/"
    assert later.get("/admin/").status_code == 200
    again = Client()
    again.force_login(user)
    assert "not right" in again.post("/admin/second-factor/", {"code": codes[0]}).content.decode()


def test_who_guesses_has_to_wait(client: Client) -> None:
    user = StaffFactory()
    device = TOTPDevice.objects.create(user=user)
    client.force_login(user)
    client.post("/admin/second-factor/", {"code": "000000"})
    right = f"{totp(device.bin_key):06d}"
    assert "Wait a little" in client.post("/admin/second-factor/", {"code": right}).content.decode()


def test_staff_are_asked_again_after_half_a_day_however_busy(client: Client) -> None:
    device = TOTPDevice.objects.create(user=StaffFactory())
    client.force_login(device.user)
    client.post("/admin/second-factor/", {"code": f"{totp(device.bin_key):06d}"})
    client.post("/admin/reason/", {"reason": "ticket 4711, a forecast is off"})
    assert client.get("/admin/").status_code == 200
    ends = Session.objects.get().expire_date - timezone.now()
    assert timedelta(hours=11, minutes=59) < ends <= timedelta(hours=12)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=6)):
        client.post("/admin/reason/", {"reason": "ticket 4711, a forecast is off"})
    assert Session.objects.get().expire_date - timezone.now() <= timedelta(hours=12)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(hours=12)):
        assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_people_who_are_no_staff_are_not_asked(client: Client) -> None:
    client.force_login(TikTokAccountFactory().user)
    assert client.get("/admin/second-factor/")["Location"].startswith("/admin/login/")


def test_a_lost_factor_is_reset() -> None:
    user = StaffFactory(username="sam")
    TOTPDevice.objects.create(user=user)
    call_command("reset_second_factor", "sam")
    assert not TOTPDevice.objects.exists()
    with pytest.raises(CommandError, match="no member of staff"):
        call_command("reset_second_factor", "nobody")


# --- roles ------------------------------------------------------------------------------------------------------------


def test_every_table_in_the_admin_belongs_to_a_role() -> None:
    """Whoever registers another one decides who may see it."""
    seen = {
        f"{label}.{codename.removeprefix('view_')}"
        for by_app in ROLES.values()
        for label, codenames in by_app.items()
        for codename in codenames
    }
    registered = {f"{model._meta.app_label}.{model._meta.model_name}" for model in admin.site._registry}
    assert registered - seen == {"auth.group"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_what_it_lists_and_nothing_else(role: str, client: Client) -> None:
    enter_admin(client, member(role))
    for model in admin.site._registry:
        label, name = model._meta.app_label, model._meta.model_name
        allowed = f"view_{name}" in ROLES[role].get(label, ())
        status = client.get(f"/admin/{label}/{name}/").status_code
        assert status == (200 if allowed else 403), f"{role}: {label}.{name}"


def test_analysts_see_no_row_of_a_person() -> None:
    for label, codenames in ROLES["analyst"].items():
        for codename in codenames:
            [model] = [
                model
                for model in admin.site._registry
                if (model._meta.app_label, f"view_{model._meta.model_name}") == (label, codename)
            ]
            assert table_of(model).person is None


def test_roles_are_what_they_are_declared_to_be_after_every_migration() -> None:
    Group.objects.get(name="analyst").permissions.clear()
    call_command("migrate", verbosity=0)
    analyst = Group.objects.get(name="analyst").permissions.values_list("codename", flat=True)
    assert set(analyst) == {codename for codenames in ROLES["analyst"].values() for codename in codenames}


@pytest.mark.parametrize(("role", "sees_names"), [("support", False), ("privacy officer", True)])
def test_names_are_seen_by_those_alone_who_need_them(role: str, sees_names: bool, client: Client) -> None:
    account: TikTokAccount = TikTokAccountFactory(display_name="Zyzzyva", open_id="open-zyzzyva")
    enter_admin(client, member(role))
    for path in ("/admin/accounts/tiktokaccount/", f"/admin/accounts/tiktokaccount/{account.pk}/change/"):
        page = client.get(path).content.decode()
        assert account.public_id in page
        assert ("Zyzzyva" in page) is sees_names
    found = client.get("/admin/accounts/tiktokaccount/?q=Zyzzyva").content.decode()
    assert (account.public_id in found) is sees_names


@pytest.mark.parametrize(("role", "may"), [("support", False), ("privacy officer", True)])
def test_erasing_is_the_privacy_officers(role: str, may: bool, client: Client) -> None:
    user = TikTokAccountFactory().user
    enter_admin(client, member(role))
    client.post("/admin/accounts/user/", {"action": "erase", "_selected_action": [user.pk]})
    assert Erasure.objects.exists() is may


def test_superusers_give_a_reason_too(client: Client) -> None:
    verify(client, StaffFactory())
    assert client.get("/admin/accounts/user/")["Location"].startswith("/admin/reason/")


def test_an_address_of_no_row_is_no_error(client: Client) -> None:
    enter_admin(client, StaffFactory())
    for model in admin.site._registry:
        for key in ("%00", "9" * 5_000, "a" * 5_000):
            page = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{key}/change/")
            assert page.status_code in (302, 404), (model, key[:5])
