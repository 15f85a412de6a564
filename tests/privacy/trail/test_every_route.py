"""Every route of the project, asked of the URL resolver: one that shows or changes a person's data writes the trail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from accounts.models import TikTokAccount, User
from posts.models import Listing
from predictions.models import CaptionAppeal
from privacy.declarations.registry import table_of
from privacy.erasure import services as erasing
from privacy.export import services as exporting
from privacy.models import Erasure, Through
from privacy.purposes import Purpose
from privacy.trail import selectors as trail
from privacy.trail.middleware import TOUCH_NOBODY
from privacy.trail.words import name_of, words_of
from tests.accounts.seats.factories import SeatFactory
from tests.factories import (
    AccountWeightsFactory,
    AssignmentFactory,
    FeedbackFactory,
    ForecastErrorFactory,
    IdempotentRequestFactory,
    ImportFactory,
    StaffFactory,
    SuggestionReportFactory,
    agree,
    enter_admin,
    verify,
)
from tests.pages.conftest import Creator, make_creator
from tests.predictions.captions.factories import BrandWordsFactory, CaptionStyleFactory
from tests.predictions.labels.factories import LabelVoteFactory
from tests.predictions.replays.factories import AccountReplayFactory

pytestmark = pytest.mark.django_db

ASKED_BY = {
    "api:predict": ("post", {"post": {"text": "Sunset"}}),
    "predict": ("post", {"post": {"text": "Sunset"}}),
    "api:forecast": ("post", {"post": {"text": "Sunset"}}),
    "api:measure": ("post", {"text": "Sunset"}),
    "api:compare": ("post", {"drafts": [{"text": "Sunset"}, {"text": "Sunrise"}]}),
    "api:explore": ("post", {"post": {"text": "Sunset"}}),
    "api:captions": ("post", {"brief": "Sunset over the pier"}),
    "api:posts-batch": ("post", {"rows": [{"post_id": "7" * 19}]}),
    "api:token-detail": ("delete", {}),
    "api:consent": ("delete", {}),
    "api:erasure": ("delete", {}),
}
"""Requests to routes that take neither a GET nor an empty POST."""

REFUSED = {
    "accounts:mail": "no e-mail is offered without a mail server; tests/accounts/mail/test_mail.py has one",
    "accounts:tiktok_webhook": "signed by TikTok alone; tests/accounts/test_webhooks.py looks at its events",
    "predictions:add_comment": "an empty one comes back; tests/accounts/seats/test_seats.py looks at its events",
    "api:mail-address": "of whoever gave one",
    "accounts:devices": "without a key for web push there are none",
    "accounts:join": "for whoever has an invitation",
    "tiktok_callback": "asks TikTok; tests/accounts/test_sign_in.py looks at its events",
    "api:account-benchmark": "there is none for an account among few",
    "privacy:receipt": "for whoever has the number, and names nobody",
    **dict.fromkeys(
        (
            f"headless:{client}:{view}"
            for client in ("browser", "app")
            for view in (
                *("account:reauthenticate", "account:confirm_login_code", "socialaccount:provider_signup"),
                *("socialaccount:redirect_to_provider", "socialaccount:provider_token"),
            )
        ),
        "a step of a sign-in that is not under way",
    ),
    "headless:app:tokens:refresh": "there are no such tokens here",
}
"""Routes that refuse this test, and so show nothing."""

CLOSED_TO_STAFF = re.compile(r"admin/(autocomplete/|r/<|[a-z]+/[a-z]+/<path:object_id>/delete/|[a-z]+/[a-z]+/add/)")


@dataclass(frozen=True)
class Answer:
    route: str
    view: str
    status: int
    names: bool
    """Whether it holds the name or an id of the person."""
    events: int
    """About the person, since it was asked."""


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


ROUTES = list(dict.fromkeys(routes(get_resolver())))
OWN = [route for route in ROUTES if not route.startswith("admin/")]
STAFFS = [route for route in ROUTES if route.startswith("admin/")]
PERSONAL = [model for model in admin.site._registry if table_of(model).person]


@pytest.fixture
def person() -> Creator:
    """With a row in every table that the admin shows."""
    creator = make_creator(posts=3)
    agree(creator.user, Purpose.WRITING)
    AccountWeightsFactory(account=creator.account)
    AccountReplayFactory(account=creator.account)
    AssignmentFactory(experiment__account=creator.account)
    IdempotentRequestFactory(user=creator.user)
    SuggestionReportFactory(prediction__account=creator.account)
    FeedbackFactory(prediction=creator.prediction)
    BrandWordsFactory(account=creator.account)
    CaptionStyleFactory(account=creator.account)
    LabelVoteFactory(pair__account=creator.account)
    ImportFactory(account=creator.account)
    SeatFactory(account=creator.account)
    SeatFactory(person=creator.user)
    ForecastErrorFactory(post=creator.account.posts.all()[0])
    Listing.objects.create(account=creator.account, listed_at=timezone.now())
    Client().force_login(creator.user)
    exporting.make(export_pk=exporting.request_export(user_id=creator.user.pk).pk)
    erasing.request_erasure(user_id=creator.user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE)
    return creator


@cache
def names_of(person: Creator) -> list[str]:
    account = person.account
    return [
        *(person.user.username, account.public_id, account.display_name, account.username, account.open_id),
        *(row.public_id for rows in (account.posts, account.predictions, account.refreshes) for row in rows.all()),
        *(person.token.hint, person.user.exports.get().public_id, Erasure.objects.get().public_id),
    ]


def row_of(model: Any, person: Creator) -> Any:
    return model._base_manager.filter(**{str(table_of(model).person): person.user.pk}).first()


@cache
def objects_of(person: Creator) -> dict[str, Any]:
    """The person's objects, by how routes begin that have one of them in their address; looked up once."""
    account, webhook = person.account, person.user.webhooks.get()
    return {
        "settings/tokens/<": person.token.pk,
        "settings/webhooks/<": webhook.public_id,
        "settings/e-mail/confirm/<": "unknown",
        "settings/e-mail/remove/<": "unknown",
        "notifications/<": person.user.notices.earliest("pk").public_id,
        "api/v1/notifications/<": person.user.notices.earliest("pk").public_id,
        "api/v1/webhooks/<": webhook.public_id,
        "api/v1/push-subscriptions/<": person.user.push_subscriptions.get().public_id,
        "settings/accounts/<": account.public_id,
        "posts/<": account.posts.all()[0].public_id,
        "imports/<": account.imports.get().public_id,
        "api/v1/imports/<": account.imports.get().public_id,
        "experiments/<": account.experiments.get().public_id,
        "plan/drafts/<": account.drafts.get().public_id,
        "api/v1/drafts/<": account.drafts.get().public_id,
        "sharing/forecasts/<": person.prediction.public_id,
        "sharing/<": account.shared_links.get().public_id,
        "shared/<": "unknown",
        "seats/<": person.user.seats.get().public_id,
        "join/<": "unknown",
        "api/v1/seats/<": person.user.seats.get().public_id,
        "api/v1/caption-appeals/<": CaptionAppeal.objects.get(account=account).public_id,
        "api/v1/shares/<": account.shared_links.get().public_id,
        "forecasts/<": person.prediction.public_id,
        "your-data/export/<": person.user.exports.get().public_id,
        "erasures/<": "eras_unknown",
        "api/v1/accounts/<": account.public_id,
        "api/v1/experiments/<": account.experiments.get().public_id,
        "api/v1/posts/<": account.posts.all()[0].public_id,
        "api/v1/predictions/<": person.prediction.public_id,
        "api/v1/refreshes/<": account.refreshes.all()[0].public_id,
        "api/v1/privacy/exports/<": person.user.exports.get().public_id,
        "api/v1/privacy/consents/<": "learning",
        "api/v1/tokens/<": person.token.pk,
        "delivery": webhook.deliveries.get().public_id,
        "comment": person.draft.comments.get().public_id,
        "seat": account.seats.get().public_id,
    }


def own_address(route: str, person: Creator) -> str:
    objects = objects_of(person)
    if route == "posts/<slug:account_id>/refresh/":
        return f"/posts/{person.account.public_id}/refresh/"
    route = route.replace("<slug:delivery_id>", objects["delivery"])
    route = route.replace("<int:rank>", "1").replace("<slug:comment_id>", objects["comment"])
    if "accounts/" in route:
        route = route.replace("<slug:seat_id>", objects["seat"])
    start, found, rest = route.partition("<")
    return f"/{start}{objects[start + '<']}{rest.partition('>')[2]}" if found else f"/{route}"


def staff_address(route: str, person: Creator) -> str:
    if "^(?P<app_label>" in route:
        return "/admin/accounts/"
    if route.startswith("admin/r/"):
        return f"/admin/r/{ContentType.objects.get_for_model(TikTokAccount).pk}/{person.account.pk}/"
    if route == "admin/autocomplete/":
        return "/admin/autocomplete/?app_label=posts&model_name=post&field_name=account"
    models = {f"admin/{model._meta.app_label}/{model._meta.model_name}/": model for model in PERSONAL}
    row = row_of(model, person) if (model := models.get(route.partition("<")[0])) else None
    return "/" + route.replace("<path:object_id>", str(row.pk if row else 1)).replace("(?P<url>.*)$", "nothing/")


def ask(client: Client, path: str, person: Creator, route: str, **headers: str) -> Answer:
    """The answer, and what was recorded of it; whatever was changed is changed back."""
    before = transaction.savepoint()
    events = trail.events_about(person.user.pk, by_others=False)
    count, names = events.count(), names_of(person)
    view = resolve(path.partition("?")[0]).view_name
    method, data = ASKED_BY.get(view, ("get", {}))
    sent = {"content_type": "application/json", "data": data} if method != "get" else {}
    response = getattr(client, method)(path, headers=headers, **sent)
    if response.status_code == 405:
        response = client.post(path, {}, content_type="application/json", headers=headers)
    body = response.getvalue().decode(errors="replace")
    answer = Answer(route, view, response.status_code, any(name in body for name in names), events.count() - count)
    transaction.savepoint_rollback(before)
    return answer


def asked_by_the_person(person: Creator) -> list[Answer]:
    """Every route but the admin's, by the person whose data it is: nobody else's can be reached there."""
    signed_in = Client()
    signed_in.force_login(person.user)
    answers = []
    for route in OWN:
        client, headers = as_signed_in(signed_in, route)
        answers.append(ask(client, own_address(route, person), person, route, **headers))
    return answers


def as_signed_in(signed_in: Client, route: str) -> tuple[Client, dict[str, str]]:
    """A client with that session, and the headers that the route takes instead of its cookie.

    One for each route: an answer may end the session, which the transaction that is rolled back gives back.
    """
    client = Client()
    if route.startswith("_allauth/app/"):
        return client, {"X-Session-Token": str(signed_in.session.session_key)}
    client.cookies.update(signed_in.cookies)
    return client, {}


def asked_by_staff(client: Client, person: Creator) -> list[Answer]:
    """Every route of the admin, and every action of every list."""
    answers = [ask(client, staff_address(route, person), person, route) for route in STAFFS if "logout" not in route]
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=client.session["_auth_user_id"])
    for model in PERSONAL:
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for action in admin.site._registry[model].get_actions(request):
            before = transaction.savepoint()
            events = trail.events_about(person.user.pk, by_others=False)
            count = events.count()
            form = {"action": action, "_selected_action": [row_of(model, person).pk]}
            status = client.post(page, form).status_code
            answers.append(Answer(f"{page}: {action}", action, status, True, events.count() - count))
            transaction.savepoint_rollback(before)
    return answers


def reads(answer: Answer) -> bool:
    """Whether it shows or changes something of the person."""
    return answer.status < 400 and answer.view not in TOUCH_NOBODY and (answer.names or answer.events > 0)


@pytest.fixture
def staff() -> Client:
    return enter_admin(Client(), StaffFactory(username="sam"))


def test_every_route_of_a_person_writes_the_trail(person: Creator) -> None:
    for answer in asked_by_the_person(person):
        if answer.view in TOUCH_NOBODY or answer.view in REFUSED:
            assert not answer.names, answer
        else:
            assert answer.status < 400, answer
            assert answer.events, answer
        if answer.view in REFUSED:
            assert answer.status >= 400, answer


def test_every_admin_view_that_shows_people_writes_the_trail(person: Creator, staff: Client) -> None:
    answers = asked_by_staff(staff, person)
    for answer in answers:
        assert answer.events or not answer.names or answer.status >= 400, answer
        if CLOSED_TO_STAFF.match(answer.route) and "auth/group" not in answer.route:
            assert answer.status in (403, 404), answer
            assert not answer.names, answer
    recorded = {answer.route for answer in answers if answer.events and answer.status < 400}
    for model in PERSONAL:
        page = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert recorded >= {page, f"{page}<path:object_id>/change/", f"{page}<path:object_id>/history/"}


def test_without_a_reason_no_admin_view_shows_anybody(person: Creator) -> None:
    silent = Client()
    verify(silent, StaffFactory(username="sam"))
    for answer in asked_by_staff(silent, person):
        assert not answer.events, answer
        assert not answer.names or ": " in answer.route, answer


def test_views_that_touch_nobody_exist_and_say_why() -> None:
    views = {resolve(own_path).view_name for route in OWN for own_path in [f"/{re.sub(r'<[^>]+>', '1', route)}"]}
    assert views >= TOUCH_NOBODY.keys()
    assert views >= REFUSED.keys()
    assert all(TOUCH_NOBODY.values())


@pytest.mark.prove
def test_all_routes_that_read_a_persons_data_write_the_trail(
    person: Creator, staff: Client, record_property: Any
) -> None:
    reading = [answer for answer in [*asked_by_the_person(person), *asked_by_staff(staff, person)] if reads(answer)]
    recorded = [answer for answer in reading if answer.events]
    record_property("routes and admin views", len(ROUTES))
    record_property("of which read somebody's data", len(reading))
    record_property("of which write the trail", f"{len(recorded)} ({len(recorded) / len(reading):.0%})")
    assert recorded == reading


def test_every_address_that_can_stand_in_the_trail_has_words() -> None:
    """A creator reads no names of views: an address of another room needs a line in `privacy.trail.words`."""
    for route in ROUTES:
        path = f"/{re.sub(r'<[^>]+>', '1', route)}"
        if "(?P" in route:
            continue
        name = name_of(resolve(path))
        if name not in TOUCH_NOBODY:
            words = words_of(name)
            assert words != name, name
            assert not re.search(r"[:_]\w", words.partition(": ")[2] or words), (name, words)
