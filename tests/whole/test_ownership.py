"""Every route with an object in its address, found by asking the URL resolver: another person's object answers 404."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core import serializers
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.tokens.services import create_api_token
from posts.models import Refresh
from predictions.models import AccountWeights, Assignment, CaptionAppeal, Feedback, SuggestionReport
from privacy.export import services as exporting
from tests.accounts.seats.factories import SeatFactory
from tests.factories import AccountWeightsFactory, AssignmentFactory, BenchmarkFactory, FeedbackFactory, ImportFactory
from tests.pages.conftest import Creator, make_creator
from tests.predictions.replays.factories import AccountReplayFactory

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
# staff's pages; allauth's own API, whose objects are those of the session that asks, as are consents; and receipts
# and links, which are for whoever has their number or address
NOT_OURS = ("settings/e-mail/", "admin/", "_allauth/", "api/v1/privacy/consents/", "erasures/", "shared/", "join/")
# an id that a filter or a body takes instead of the address
BY_QUERY = tuple(
    f"/{page}/?account={{account}}"
    for page in (
        "overview",
        "posts",
        "compose",
        "compose/write",
        "forecasts",
        "insights",
        "track-record",
        "report",
        "sharing/report",
    )
)


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern) and entry.pattern.converters and not route.startswith(NOT_OURS):
            yield f"/{route}"


ROUTES = sorted(routes(get_resolver()))


@cache
def objects_of(creator: Creator) -> dict[str, Any]:
    """The person's objects, by how routes begin that have one of them in their address; looked up once."""
    of, webhook = creator, creator.user.webhooks.get()
    return {
        "/api/v1/imports/<": of.account.imports.get().public_id,
        "/imports/<": of.account.imports.get().public_id,
        "/api/v1/accounts/<": of.account.public_id,
        "/api/v1/posts/<": of.account.posts.all()[0].public_id,
        "/api/v1/predictions/<": of.prediction.public_id,
        "/api/v1/refreshes/<": of.account.refreshes.all()[0].public_id,
        "/api/v1/privacy/exports/<": of.user.exports.get().public_id,
        "/api/v1/tokens/<": of.token.pk,
        "/your-data/export/<": of.user.exports.get().public_id,
        "/api/v1/experiments/<": of.account.experiments.get().public_id,
        "/experiments/<": of.account.experiments.get().public_id,
        "/api/v1/drafts/<": of.account.drafts.get().public_id,
        "/plan/drafts/<": of.account.drafts.get().public_id,
        "/sharing/forecasts/<": of.prediction.public_id,
        "/sharing/<": of.account.shared_links.get().public_id,
        "/api/v1/caption-appeals/<": CaptionAppeal.objects.get(account=of.account).public_id,
        "/api/v1/shares/<": of.account.shared_links.get().public_id,
        "/forecasts/<": of.prediction.public_id,
        "/posts/<": of.account.posts.all()[0].public_id,
        "/settings/accounts/<": of.account.public_id,
        "/seats/<": of.user.seats.get().public_id,
        "/api/v1/seats/<": of.user.seats.get().public_id,
        "/settings/tokens/<": of.token.pk,
        "/settings/webhooks/<": webhook.public_id,
        "/notifications/<": of.user.notices.earliest("pk").public_id,
        "/api/v1/notifications/<": of.user.notices.earliest("pk").public_id,
        "/api/v1/webhooks/<": webhook.public_id,
        "/api/v1/push-subscriptions/<": of.user.push_subscriptions.get().public_id,
        "delivery": webhook.deliveries.get().public_id,
        "comment": of.draft.comments.get().public_id,
        "seat": of.account.seats.get().public_id,
    }


def address(route: str, of: Creator) -> str:
    """The route with the person's object in it; KeyError for a route whose objects this test does not know yet."""
    objects = objects_of(of)
    if route == "/posts/<slug:account_id>/refresh/":
        return f"/posts/{of.account.public_id}/refresh/"
    route = route.replace("<slug:delivery_id>", objects["delivery"])
    route = route.replace("<int:rank>", "1").replace("<slug:comment_id>", objects["comment"])
    if "accounts/" in route:
        route = route.replace("<slug:seat_id>", objects["seat"])
    start, _, rest = route.partition("<")
    return f"{start}{objects[start + '<']}{rest.partition('>')[2]}"


def everything_of(creator: Creator) -> str:
    account = creator.account
    rows = [creator.user, account, creator.token, *account.posts.all(), *account.predictions.all()]
    rows += [*Refresh.objects.filter(account=account), *AccountWeights.objects.filter(account=account)]
    rows += [*account.experiments.all(), *Assignment.objects.filter(experiment__account=account)]
    rows += SuggestionReport.objects.filter(prediction__account=account)
    rows += [
        *account.shared_links.all(),
        *CaptionAppeal.objects.filter(account=account),
        *creator.draft.comments.all(),
        *account.seats.all(),
        *creator.user.seats.all(),
    ]
    rows += Feedback.objects.filter(prediction__account=account)
    webhook = creator.user.webhooks.get()
    rows += [*creator.user.notices.all(), *creator.user.push_subscriptions.all(), webhook, *webhook.deliveries.all()]
    for row in rows:
        row.refresh_from_db()
    return str(serializers.serialize("json", rows))


@pytest.fixture
def me() -> Creator:
    BenchmarkFactory()
    return person()


@pytest.fixture
def stranger() -> Creator:
    return person()


def person() -> Creator:
    creator = make_creator(posts=3)
    AccountWeightsFactory(account=creator.account)
    AccountReplayFactory(account=creator.account)
    FeedbackFactory(prediction=creator.prediction)
    AssignmentFactory(experiment__account=creator.account)
    ImportFactory(account=creator.account)
    SeatFactory(account=creator.account)
    SeatFactory(person=creator.user)
    exporting.make(export_pk=exporting.request_export(user_id=creator.user.pk).pk)
    return creator


def answers(client: Client, path: str, **options: Any) -> dict[str, int]:
    return {
        method: getattr(client, method)(path, content_type="application/json", data={}, **options).status_code
        if method != "get"
        else client.get(path, **options).status_code
        for method in METHODS
    }


def test_there_are_routes_to_look_at() -> None:
    assert len(ROUTES) >= 12


def test_by_session_and_by_token(me: Creator, stranger: Creator, subtests: pytest.Subtests) -> None:
    session = Client()
    session.force_login(me.user)
    _, token = create_api_token(user=me.user, name="a program")
    before = everything_of(stranger)
    for route in ROUTES:
        with subtests.test(route=route):
            path = address(route, stranger)
            by_session = answers(session, path)
            assert set(by_session.values()) <= {404, 405}
            assert 404 in by_session.values()
            if route.startswith("/api/"):
                by_token = answers(Client(), path, headers={"Authorization": f"Bearer {token}"})
                # a token may not manage tokens or take a copy of everything, its own person's neither
                forbidden = {403} if any(each in route for each in ("/tokens/", "/exports/", "/seats")) else set()
                assert set(by_token.values()) <= {404, 405} | forbidden
    assert everything_of(stranger) == before


def test_the_same_address_finds_what_is_ones_own(me: Creator, subtests: pytest.Subtests) -> None:
    signed_in = Client()
    signed_in.force_login(me.user)
    for route in ROUTES:
        # what a request deletes is there again for the next route
        with subtests.test(route=route), transaction.atomic():
            session = Client()
            session.cookies.update(signed_in.cookies)
            found = answers(session, address(route, me))
            transaction.set_rollback(True)
            assert not set(found.values()) <= {404, 405}


def test_nothing_without_signing_in(stranger: Creator, subtests: pytest.Subtests) -> None:
    before = everything_of(stranger)
    for route in [*ROUTES, "/api/v1/predictions/", "/api/v1/posts/", "/posts/", "/compose/", "/settings/"]:
        with subtests.test(route=route):
            path = address(route, stranger) if "<" in route else route
            assert set(answers(Client(), path).values()) <= {401, 302, 405}
    assert everything_of(stranger) == before


def test_in_a_query_and_in_a_body(me: Creator, stranger: Creator, subtests: pytest.Subtests) -> None:
    session = Client()
    session.force_login(me.user)
    for template in BY_QUERY:
        with subtests.test(template=template):
            assert session.get(template.format(account=stranger.account.public_id)).status_code == 404
    draft = {"account_id": stranger.account.public_id, "post": {"text": "Sunset #pier"}}
    for path in ("/predict", "/api/v1/predict"):
        with subtests.test(path=path):
            assert session.post(path, draft, content_type="application/json").status_code == 404


def test_lists_hold_only_ones_own(me: Creator, stranger: Creator, subtests: pytest.Subtests) -> None:
    session = Client()
    session.force_login(me.user)
    ids = [stranger.account.public_id, stranger.prediction.public_id, stranger.account.posts.all()[0].public_id]
    for path in ("/api/v1/accounts/", "/api/v1/posts/", "/api/v1/predictions/", "/api/v1/tokens/"):
        with subtests.test(path=path):
            listed = session.get(path).content.decode()
            assert not [public_id for public_id in ids if public_id in listed]
            filtered = session.get(path, {"account": stranger.account.public_id})
            assert filtered.status_code in (200, 400)
            assert not [public_id for public_id in ids[1:] if public_id in filtered.content.decode()]
