"""Models and accounts that the tests of training share."""

import dataclasses
import datetime

from django.utils import timezone

from accounts.models import TikTokAccount
from predictions.engine import GlobalModel
from predictions.engine.estimators.calibration import Calibration
from predictions.models import ForgottenAccount, ModelVersion
from predictions.training.pseudonyms import pseudonym
from predictions.versions.services import register
from privacy.purposes import Purpose
from tests.factories import disagree
from tests.predictions.histories import store, synthetic_histories

NOW = timezone.now().replace(microsecond=0)
UNTIL = int(NOW.timestamp())


def erratic() -> GlobalModel:
    """Return a bad but well-formed model: its points are twenty times too high."""
    return dataclasses.replace(GlobalModel.prior(), calibration=Calibration(point=3.0, up=10.0))


def few_accounts() -> list[TikTokAccount]:
    """Store accounts enough for a comparison, with few posts."""
    return store(synthetic_histories(22, 14, until=UNTIL, seed=3))


def role(version: ModelVersion) -> str:
    """Return the version's role as stored."""
    return ModelVersion.objects.values_list("role", flat=True).get(pk=version.pk)


def leaves(account: TikTokAccount, *, days_ago: float = 0.0) -> None:
    """Withdraw the consent to learning, `days_ago` days ago: as after an erasure, no training reads the account."""
    disagree(account.user, Purpose.LEARNING)
    ForgottenAccount.objects.update(forgotten_at=timezone.now() - datetime.timedelta(days=days_ago))


def champion_that_learned_from(account: TikTokAccount) -> ModelVersion:
    """Register and promote a model whose manifest names the account."""
    manifest = GlobalModel.prior().manifest | {"pseudonyms": [pseudonym(account.public_id)]}
    model = dataclasses.replace(GlobalModel.prior(), manifest=manifest)
    return register(model=model, metrics={}, promote=True)
