"""Reads for drift checks: forecast errors, features, and earlier alarms."""

import math
from datetime import datetime, timedelta

import numpy as np
from django.db.models import BigIntegerField, Count, QuerySet
from django.db.models.functions import Extract, Mod
from numpy.typing import NDArray

from accounts.models import TikTokAccount
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.evaluation.drift import (
    KEPT_DAYS,
    RECENT_DAYS,
    REFERENCE_DAYS,
    SETTLED_AFTER_DAYS,
    ForecastErrors,
)
from predictions.engine.features.tabular import TABULAR
from predictions.engine.types import HORIZON, HOUR
from predictions.models import DriftCheck, ForecastError
from privacy.consent.selectors import consents_to
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

FEATURE_ACCOUNTS = 1_000
"""Accounts, approximately, whose features a check reads: enough to see features move."""
ERROR_ACCOUNTS = 2_000
"""Accounts, approximately, whose errors a check reads: more find drift hardly sooner, as all share the same days."""


def errors_to_learn_from(after: datetime, until: datetime) -> QuerySet[ForecastError]:
    """Return the errors due within that time of people who agree to the service and to learning."""
    require_declared(Purpose.LEARNING, ForecastError)
    agreeing = TikTokAccount.objects.filter(
        consents_to(Purpose.SERVICE, "user"), consents_to(Purpose.LEARNING, "user")
    ).values("pk")
    # consents are looked up once for each account, which has hundreds of errors
    return ForecastError.objects.filter(account__in=agreeing, due_at__gt=after, due_at__lte=until)


def forecast_errors(now: datetime) -> ForecastErrors:
    """Return the errors that a check tests, of a share of the accounts."""
    rows = _of_some_accounts(errors_to_learn_from(now - timedelta(days=KEPT_DAYS), now), ERROR_ACCOUNTS)
    columns = rows.values_list("account_id", _seconds("due_at"), "age_h", "error", "covered")
    account, due_at, age_h, error, covered = list(zip(*columns, strict=True)) or ((), (), (), (), ())
    age = np.array(age_h, np.int64) * HOUR
    posted_at = np.array(due_at, np.int64) - age
    return ForecastErrors(
        np.array(account, np.int64), posted_at, age, np.array(error, np.float64), np.array(covered, np.bool_)
    )


def drift_alarms(now: datetime) -> QuerySet[DriftCheck]:
    """Return the alarms whose changes a check can still see, in order."""
    reach = now - timedelta(days=KEPT_DAYS + SETTLED_AFTER_DAYS)
    return DriftCheck.objects.filter(verdict=DriftCheck.Verdict.ALARM, checked_at__gt=reach).order_by("checked_at")


def recent_features(now: datetime) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return account (n,), due time (n,) in epoch seconds and features (n, len(TABULAR)), of some accounts."""
    reach = now - timedelta(days=REFERENCE_DAYS + RECENT_DAYS)
    rows = errors_to_learn_from(reach, now).filter(age_h=HORIZON // HOUR, features_version=FEATURES_VERSION)
    columns = list(_of_some_accounts(rows, FEATURE_ACCOUNTS).values_list("account_id", _seconds("due_at"), "features"))
    features = np.frombuffer(b"".join(bytes(row[2]) for row in columns), "<f4").reshape(len(columns), len(TABULAR))
    account, due_at = (np.array([row[column] for row in columns], np.int64) for column in (0, 1))
    return account, due_at, features


def _of_some_accounts(errors: QuerySet[ForecastError], most: int) -> QuerySet[ForecastError]:
    """Return the rows of all accounts or, if there are more than `most`, of every k-th: a check's reads are bounded."""
    accounts = errors.aggregate(accounts=Count("account", distinct=True))["accounts"]
    return errors.alias(part=Mod("account_id", max(1, math.ceil(accounts / most)))).filter(part=0)


def _seconds(column: str) -> Extract:
    return Extract(column, "epoch", output_field=BigIntegerField())
