"""From a file to a forecast: an import is learned like a refresh, by the signal and by the sweep."""

import pytest
from django.utils import timezone

from accounts.linked.services import open_file_account
from posts.ingest.signals import posts_changed
from predictions.learning import selectors
from predictions.learning import services as learning_services
from predictions.models import AccountWeights
from tests.factories import UserFactory
from tests.posts.imports.bringing import take
from tests.posts.platforms.exports.files import as_csv, as_json, as_zip, export_of, export_rows, history_rows
from tests.predictions.drafts import predict

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "content",
    [
        as_csv(history_rows(40)),
        as_zip({"user_data_tiktok.json": as_json(export_of("Post > Posts > VideoList", export_rows(40)))}),
    ],
    ids=["table", "export"],
)
def test_an_imported_history_is_learned_and_forecast_from(
    champion, content, django_capture_on_commit_callbacks, monkeypatch
):
    account = open_file_account(user=UserFactory(), now=timezone.now())
    told = []
    posts_changed.connect(lambda account_id, **_: told.append(account_id), weak=False, dispatch_uid="told")
    with django_capture_on_commit_callbacks(execute=True):
        take(account, content)
    posts_changed.disconnect(dispatch_uid="told")
    assert set(told) == {account.pk}
    assert account.pk in selectors.stale_accounts(timezone.now()).values_list("pk", flat=True)
    assert learning_services.update_weights(account_id=account.pk)
    assert AccountWeights.objects.get(account=account).posts > 10
    result = predict(account)
    assert result.prediction.basis == "account"
    assert 0 < result.prediction.low < result.prediction.typical <= result.prediction.high
    assert not learning_services.update_weights(account_id=account.pk)
