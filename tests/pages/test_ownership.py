"""Whatever belongs to somebody else does not exist."""

import pytest
from django.test import Client

from tests.pages.conftest import Creator

GET = [
    "/overview/?account={account}",
    "/posts/?account={account}",
    "/compose/?account={account}",
    "/experiments/?account={account}",
    "/forecasts/?account={account}",
    "/forecasts/{prediction}/",
    "/plan/?account={account}",
    "/plan/drafts/{draft}/",
    "/settings/accounts/{account}/disconnect/",
    "/settings/webhooks/{webhook}/",
]
POST = [
    "/posts/{account}/refresh/",
    "/compose/?account={account}",
    "/plan/drafts/{draft}/",
    "/plan/drafts/{draft}/delete/",
    "/plan/drafts/{draft}/remind-no-more/",
    "/plan/drafts/try/?account={account}",
    "/plan/drafts/save/?account={account}",
    "/forecasts/{prediction}/feedback/",
    "/forecasts/{prediction}/feedback/take-back/",
    "/settings/accounts/{account}/disconnect/",
    "/settings/tokens/{token}/revoke/",
    "/settings/webhooks/{webhook}/",
    "/notifications/{notice}/",
]


def paths_of(creator: Creator, templates: list[str]) -> list[str]:
    return [
        template.format(
            account=creator.account.public_id,
            prediction=creator.prediction.public_id,
            token=creator.token.pk,
            draft=creator.draft.public_id,
            webhook=creator.user.webhooks.get().public_id,
            notice=creator.user.notices.get().public_id,
        )
        for template in templates
    ]


def test_what_belongs_to_another_answers_404(browser: Client, stranger: Creator) -> None:
    assert {path: browser.get(path).status_code for path in paths_of(stranger, GET)} == dict.fromkeys(
        paths_of(stranger, GET), 404
    )
    assert {path: browser.post(path).status_code for path in paths_of(stranger, POST)} == dict.fromkeys(
        paths_of(stranger, POST), 404
    )
    stranger.account.refresh_from_db()
    stranger.token.refresh_from_db()
    assert stranger.account.disconnected_at is None
    assert stranger.token.revoked_at is None
    assert stranger.account.refreshes.count() == 1


def test_what_can_be_no_id_answers_404(browser: Client) -> None:
    for path in ("/forecasts/%00/", "/settings/accounts/%00/disconnect/", "/forecasts/a b/"):
        assert browser.get(path).status_code == 404
    assert browser.post("/posts/%00/refresh/").status_code == 404


def test_ones_own_are_found_at_the_same_addresses(browser: Client, creator: Creator) -> None:
    assert {browser.get(path).status_code for path in paths_of(creator, GET)} == {200}


@pytest.mark.parametrize("path", ["/posts/", "/forecasts/", "/compose/", "/settings/"])
def test_lists_name_nothing_of_others(path: str, browser: Client, creator: Creator, stranger: Creator) -> None:
    page = browser.get(path).content.decode()
    assert stranger.account.display_name not in page
    for public_id in (stranger.account.public_id, stranger.prediction.public_id):
        assert public_id not in page


@pytest.mark.parametrize("template", POST)
def test_changes_need_a_post_with_its_token(template: str, creator: Creator) -> None:
    path = paths_of(creator, [template])[0]
    client = Client(enforce_csrf_checks=True)
    client.force_login(creator.user)
    refused = client.post(path)
    assert refused.status_code == 403
    assert "out of date" in refused.content.decode()
