"""Confirmations of decisions on what serves: what will happen, in sentences, before it happens."""

from collections.abc import Sequence
from dataclasses import dataclass

from predictions.models import ModelEvent, ModelVersion
from predictions.versions.registry import PRIOR_NAME

LONGEST_REASON = 300
"""Characters."""
USUAL_PERCENT = 5
EVERY_WORKER = "Every worker follows with its next forecast. All accounts are learned again within minutes."
CANARY_ENDS = "A canary that runs ends, as it is compared with one champion."


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A page that asks before a decision is made."""

    title: str
    sentences: Sequence[str]
    button: str
    champion_id: int | None = None
    """The champion as the page shows it: the decision is refused if another serves meanwhile."""
    asks_reason: bool = True
    needs_reason: bool = False
    percent: int | None = None
    """The share of accounts that is filled in; None where none is asked for."""


def of_rollback(champion: ModelVersion, target: ModelVersion | None) -> Confirmation:
    """Return the confirmation of a rollback to the target (None: the prior)."""
    name = _named(target)
    return Confirmation(
        "Roll back the model",
        [f"{champion} serves now. After a rollback {name} serves.", EVERY_WORKER, CANARY_ENDS],
        f"Roll back to {name}",
        champion_id=champion.pk,
    )


def of_promotion(version: ModelVersion, champion: ModelVersion | None, compared: ModelEvent | None) -> Confirmation:
    """Return the confirmation of a promotion without a new comparison."""
    known = (
        f"When it was compared: {compared.reason}"
        if compared
        else "It was never compared with a champion on later posts. manage.py promote_model compares first."
    )
    return Confirmation(
        f"Promote {version}",
        [
            f"Now {_named(champion)} serves. After this {version} serves everybody, without a comparison.",
            known,
            EVERY_WORKER,
            CANARY_ENDS,
        ],
        f"Promote {version}",
        champion_id=champion.pk if champion else None,
        needs_reason=True,
    )


def of_canary(version: ModelVersion, champion: ModelVersion | None) -> Confirmation:
    """Return the confirmation of a canary, or of another share for the one that runs."""
    running = version.canary_share > 0
    now = f" It serves {version.canary_share:.0%} now." if running else ""
    return Confirmation(
        f"{'Change the canary of' if running else 'Try'} {version}",
        [
            f"{version} forecasts for a share of accounts, chosen at random; {_named(champion)} for the others.{now}",
            "It ends by itself when the version fails more often or answers more slowly.",
            "Its results are then on the page of models, beside the champion’s.",
        ],
        "Change the share" if running else "Start the canary",
        asks_reason=False,
        percent=round(100 * version.canary_share) if running else USUAL_PERCENT,
    )


def of_canary_end(canary: ModelVersion) -> Confirmation:
    """Return the confirmation of a canary's end."""
    return Confirmation(
        f"End the canary of {canary}",
        [f"{canary} serves {canary.canary_share:.0%} of accounts now. After this the champion serves everybody again."],
        "End the canary",
    )


def _named(version: ModelVersion | None) -> str:
    return version.name if version else f"the {PRIOR_NAME}"
