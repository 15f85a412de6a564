"""Staff cannot query hidden columns either, neither by a filter in the address nor by the search box."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.test import Client, RequestFactory

from accounts.models import TikTokAccount
from accounts.staff.roles import ROLES
from predictions.models import Prediction
from privacy.trail.staff.admin import TracedAdmin
from tests.accounts.test_staff import member
from tests.factories import PredictionFactory, StaffFactory, TikTokAccountFactory, enter_admin

pytestmark = pytest.mark.django_db

ADMINS = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
LOOKUPS = ("", "__exact", "__startswith", "__contains", "__in", "__gt", "__isnull")


@pytest.fixture
def staff() -> Client:
    """A superuser: even they ask for no column that the page does not offer."""
    return enter_admin(Client())


def columns(model: type[Model], prefix: str = "", depth: int = 2) -> Iterator[str]:
    """Every column that an address could ask for, through relations in both directions too."""
    for field in model._meta.get_fields():
        yield prefix + field.name
        if field.is_relation and depth and isinstance(field.related_model, type):
            yield from columns(field.related_model, f"{prefix}{field.name}__", depth - 1)


def offered(model_admin: Any) -> set[str]:
    return {*model_admin.list_filter, "id", "pk", model_admin.opts.pk.name}


@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=lambda each: getattr(each, "__name__", "")[:40])
def test_no_admin_answers_for_a_column_that_it_does_not_offer(model: Any, model_admin: Any) -> None:
    request = RequestFactory().get("/")
    request.user = StaffFactory()
    allowed = {
        f"{column}{lookup}"
        for column in columns(model)
        for lookup in LOOKUPS
        if model_admin.lookup_allowed(f"{column}{lookup}", "x", request)
    }
    names = {each.removesuffix("__exact").removesuffix("__isnull").removesuffix("__id") for each in allowed}
    assert names <= offered(model_admin)


def test_every_admin_is_one_that_is_traced() -> None:
    assert all(isinstance(model_admin, TracedAdmin) for _, model_admin in ADMINS)


@pytest.mark.parametrize("column", ["display_name", "username", "open_id", "union_id"])
def test_pseudonyms_are_not_undone_by_an_address(column: str) -> None:
    account: TikTokAccount = TikTokAccountFactory()
    support = enter_admin(Client(), member("support"))
    value = getattr(account, column)
    for lookup in LOOKUPS:
        address = f"/admin/accounts/tiktokaccount/?{column}{lookup}={value}"
        assert support.get(address).status_code == 400, address


def test_drafts_cannot_be_searched(staff: Client) -> None:
    prediction: Prediction = PredictionFactory(caption="a secret draft")
    for address in ("prediction/?caption__contains=secret", "outcome/?prediction__caption__contains=secret"):
        assert staff.get(f"/admin/predictions/{address}").status_code == 400
    assert prediction.public_id not in staff.get("/admin/predictions/prediction/?q=secret").content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_the_search_box_looks_only_at_what_is_shown(role: str) -> None:
    request = RequestFactory().get("/")
    request.user = member(role)
    for model, model_admin in ADMINS:
        for path in model_admin.get_search_fields(request):
            owner, column = _owner(model, path)
            shown_by: Any = admin.site._registry[owner]
            assert column not in (shown_by.exclude or ()), path
            assert request.user.has_perm("accounts.see_identity") or column not in shown_by.identity, path


def _owner(model: type[Model], path: str) -> tuple[type[Model], str]:
    *relations, column = path.split("__")
    for relation in relations:
        related = model._meta.get_field(relation).related_model
        if not isinstance(related, type):
            raise FieldDoesNotExist(path)
        model = related
    return model, column


@pytest.mark.parametrize("choices", [pytest.param(1, id="last"), pytest.param(0, id="all", marks=pytest.mark.prove)])
def test_the_filters_of_the_pages_work(choices: int, staff: Client) -> None:
    """The last choice of each filter; all of them in `make prove`."""
    for model, model_admin in ADMINS:
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        # a page in the place of a list has none
        if (changes := staff.get(page).context.get("cl")) is None:
            continue
        for specification in changes.filter_specs:
            for choice in [*specification.choices(changes)][-choices:]:
                answer = staff.get(page + choice["query_string"])
                assert answer.status_code == 200, choice
                assert not answer.context["cl"].params.get("e"), choice
        assert staff.get(f"{page}?id__exact=1").status_code == 200 or model_admin.opts.pk.name != "id"
