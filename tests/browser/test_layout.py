"""Every page fits a small phone, a tablet and a desk, in light and in dark."""

import pytest

from tests.browser.conftest import OpenPage
from tests.factories import SUGGESTION, AssignmentFactory, ExperimentFactory, PostFactory, TikTokAccountFactory
from tests.pages.conftest import connect, make_creator

PATHS = [
    "/",
    "/privacy/",
    "/how-it-works/",
    "/help/",
    "/docs/",
    "/terms/",
    "/imprint/",
    "/status/",
    "/overview/",
    "/posts/",
    "/posts/{post}/",
    "/compose/",
    "/plan/",
    "/plan/?view=list",
    "/plan/drafts/{draft}/",
    "/experiments/",
    "/insights/",
    "/track-record/",
    "/forecasts/",
    "/forecasts/{prediction}/",
    "/settings/",
    "/settings/accounts/{account}/disconnect/",
    "/accounts/logout/",
]
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänswitwe"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (768, "light"), (1200, "light")])
def test_nothing_sticks_out_sideways(width: int, scheme: str, open_page: OpenPage) -> None:
    creator = make_creator(posts=30)
    creator.account.display_name = creator.account.username = LONG_NAME
    creator.account.save()
    PostFactory(account=creator.account, text=f"#{LONG_NAME.lower()}", likes_by_hour={24: 1_234_567_890})
    for account in TikTokAccountFactory.create_batch(2, user=creator.user):
        connect(account)
    AssignmentFactory(experiment__account=creator.account, experiment__posts=30, experiment__more_posts=900)
    ExperimentFactory(account=creator.account, state="answered", effect_pct=40.0, low_pct=2.0, high_pct=90.0)
    creator.met_prediction.suggestions = [SUGGESTION]
    creator.met_prediction.save()
    page = open_page(user=creator.user, width=width, color_scheme=scheme)
    for path in PATHS:
        post = creator.account.posts.all()[0].public_id
        ids = {"account": creator.account.public_id, "draft": creator.draft.public_id, "post": post}
        page.goto(path.format(prediction=creator.met_prediction.public_id, **ids))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(246, 245, 241)" if scheme == "light" else "rgb(17, 23, 28)"
        )
