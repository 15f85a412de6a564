"""Pages that list things ask the database the same few questions however many there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    APITokenFactory,
    AssignmentFactory,
    ExperimentFactory,
    OutcomeFactory,
    PredictionFactory,
    TikTokAccountFactory,
    history_of_posts,
)
from tests.pages.conftest import Creator, connect
from tests.predictions.plan.factories import SavedDraftFactory


def queries(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("path", "at_most"),
    [
        ("/overview/", 20),
        ("/posts/", 15),
        ("/forecasts/", 8),
        ("/experiments/", 8),
        ("/settings/", 7),
        ("/notifications/", 7),
        ("/compose/", 9),
        ("/plan/", 14),
    ],
)
def test_queries_do_not_grow_with_what_is_listed(path: str, at_most: int, browser: Client, creator: Creator) -> None:
    AssignmentFactory(experiment__account=creator.account, experiment__state="stopped")
    few = queries(browser, path)
    for post in history_of_posts(creator.account, count=12, until=timezone.now() - timedelta(days=40)):
        OutcomeFactory(prediction=PredictionFactory(account=creator.account), post=post)
    for experiment in ExperimentFactory.create_batch(3, account=creator.account, state="stopped"):
        AssignmentFactory.create_batch(3, experiment=experiment)
    SavedDraftFactory.create_batch(3, account=creator.account)
    APITokenFactory.create_batch(4, user=creator.user)
    for account in TikTokAccountFactory.create_batch(3, user=creator.user):
        connect(account)
    assert queries(browser, path) == few <= at_most
