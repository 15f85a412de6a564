"""Reads of forecasts: the account that one is for, and earlier ones."""

from typing import TYPE_CHECKING

from django.db.models import QuerySet

from accounts.models import TikTokAccount, User
from posts.freshness import Reading, with_reading
from predictions.experiments.selectors import ANSWERED
from predictions.models import Prediction
from predictions.reports.selectors import SWITCHED_OFF
from predictions.versions.selectors import CANARY_ID, CHAMPION_ID, prefetch_versions
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Serving(Reading):
    """Columns beside an account: the versions that serve it, and whether its person agrees to forecasts now.

    `switched_off` are features that are suggested to nobody, `answered` those that its experiments answered.
    `champion_id` is None while only the prior serves, `canary_id` unless a canary serves the account.
    """

    champion_id: int | None
    canary_id: int | None
    may_serve: bool
    switched_off: list[str]
    answered: list[str]


def accounts_for_forecast(user: User, public_id: str | None) -> "list[WithAnnotations[TikTokAccount, Serving]]":
    """Return the person's account of that id, or without one those to choose from, with weights and `Serving`.

    Those are the connected ones; a person without any gets forecasts from disconnected ones, which say so. One query.
    """
    own = TikTokAccount.objects.filter(user=user.pk)
    accounts = list(
        with_reading(own.filter(public_id=public_id) if public_id else own)
        .select_related("weights", "listing")
        .annotate(
            champion_id=CHAMPION_ID,
            canary_id=CANARY_ID,
            may_serve=consents_to(Purpose.SERVICE, "user"),
            switched_off=SWITCHED_OFF,
            answered=ANSWERED,
        )
    )
    if public_id:
        return accounts
    return [account for account in accounts if account.disconnected_at is None] or accounts


def predictions_of(user: User) -> QuerySet[Prediction]:
    """Return all forecasts for the person's accounts with their outcomes, newest first."""
    predictions = Prediction.objects.filter(account__user=user.pk)
    return predictions.select_related("account", "outcome__post").prefetch_related(prefetch_versions())
