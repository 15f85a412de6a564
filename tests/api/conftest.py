"""A person with one of everything that the API shows."""

import pytest
from rest_framework.test import APIClient

from privacy.export import services as exporting
from tests.accounts.seats.factories import SeatFactory
from tests.factories import AccountWeightsFactory, AssignmentFactory, FeedbackFactory, ImportFactory
from tests.pages.conftest import Creator, make_creator
from tests.predictions.replays.factories import AccountReplayFactory


def everything_of_a_creator() -> Creator:
    """Return a person with one of everything that the API shows."""
    made = make_creator(posts=3)
    AccountWeightsFactory(account=made.account)
    AccountReplayFactory(account=made.account)
    SeatFactory(account=made.account)
    SeatFactory(person=made.user)
    FeedbackFactory(prediction=made.prediction)
    AssignmentFactory(experiment__account=made.account)
    ImportFactory(account=made.account)
    exporting.make(export_pk=exporting.request_export(user_id=made.user.pk).pk)
    return made


@pytest.fixture
def creator(db: None) -> Creator:
    return everything_of_a_creator()


@pytest.fixture
def signed_in(creator: Creator) -> APIClient:
    client = APIClient()
    client.force_login(creator.user)
    return client
