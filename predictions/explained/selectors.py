"""The record of the model that serves: figures over all compared accounts, made once, when it was promoted."""

import math
from dataclasses import dataclass
from datetime import date

from predictions.models import ModelEvent
from predictions.versions.selectors import champions


@dataclass(frozen=True, slots=True)
class Comparison:
    """The model on later posts that it had not learned from, beside the moving average of each account."""

    accounts: int
    posts: int
    off_by: float
    """Factor by which the typical forecast missed: the mean over accounts, of the logarithm."""
    average_off_by: float | None
    """The same of the mean of an account's last five posts; None where it was not measured."""
    coverage_pct: int
    """Share of the posts inside the 80 % range."""


@dataclass(frozen=True, slots=True)
class Record:
    """The serving model, on what it was trained, and how it did; `comparison` is None where it was never compared."""

    version: str
    trained_on: date
    accounts: int | None
    posts: int | None
    comparison: Comparison | None


def serving_record() -> Record | None:
    """Return the champion's record; None while only the prior serves. Two queries."""
    champion = champions().defer(None).only("name", "created_at", "metrics").first()
    if champion is None:
        return None
    # a model that was promoted without a comparison has no such figures
    promotion = ModelEvent.objects.filter(
        kind=ModelEvent.Kind.PROMOTED, to_version=champion, figures__has_keys=["all", "coverage"]
    ).first()
    return Record(
        version=champion.name,
        trained_on=champion.created_at.date(),
        accounts=champion.metrics.get("training_accounts"),
        posts=champion.metrics.get("training_posts"),
        comparison=_comparison(promotion) if promotion else None,
    )


def _comparison(promotion: ModelEvent) -> Comparison | None:
    figures = promotion.figures
    log_error = figures["all"].get("log_mae", {}).get("challenger")
    if log_error is None:
        return None
    average = figures.get("baseline_log_mae")
    return Comparison(
        accounts=figures["accounts"],
        posts=figures["posts"],
        off_by=round(math.exp(log_error), 1),
        average_off_by=None if average is None else round(math.exp(average), 1),
        coverage_pct=round(100 * figures["coverage"]["challenger"]),
    )
