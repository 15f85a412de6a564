"""The engine's advice on a draft as it is told: JSON with words, as the API answers it and a forecast keeps it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from posts.content.captions import tag_of
from predictions.engine import Draft, GlobalModel, LearnedAccount
from predictions.engine.advice.comparing import hour_map
from predictions.engine.advice.exploring import Idea
from predictions.engine.advice.suggestions import Suggestion, advise
from predictions.engine.effects.summary import zone_name
from predictions.suggestions.words import NOTHING_RELIABLE, basis_of, title_of


class Changes(TypedDict, total=False):
    """Differences of the changed draft; absent members stay as they are."""

    scheduled_time_utc: str
    text: str
    hashtags: list[str]
    duration_s: int
    measures: dict[str, float]


class ToldSuggestion(TypedDict):
    """A suggestion as the API answers it."""

    feature: str
    action: str
    value: str
    title: str
    impact_estimate_pct: float
    impact_interval_pct: list[float]
    chance: float
    basis: str
    evidence: str
    changes: Changes


class ToldCombination(TypedDict):
    """All suggestions at once, or those that fit together."""

    features: list[str]
    impact_estimate_pct: float
    impact_interval_pct: list[float]
    chance: float
    changes: Changes


class ToldHours(TypedDict):
    """Effects and their chances by weekday (Monday first) and local hour, against the draft's own time."""

    time_zone: str
    effect_pct: list[list[float]]
    chance: list[list[float]]


@dataclass(frozen=True, slots=True)
class ToldAdvice:
    """At most five suggestions, best first, and their combination; none: nothing reliable was found."""

    suggestions: list[ToldSuggestion]
    combination: ToldCombination | None
    switched_off: tuple[str, ...] = ()
    """Features that are suggested to nobody at present."""

    @property
    def note(self) -> str | None:
        """The features that are not suggested, with the reason; None where there is nothing to say."""
        note = [] if self.suggestions else [NOTHING_RELIABLE]
        if self.switched_off:
            features = ", ".join(feature.replace("_", " ") for feature in self.switched_off)
            note.append(f"Not suggested at present, as too many failed or were reported as bad: {features}.")
        return " ".join(note) or None

    def without_texts(self) -> "ToldAdvice":
        """Return the same without the draft's text, which is kept for people who keep drafts only."""
        combination = self.combination and {**self.combination, "changes": _without_text(self.combination["changes"])}
        return ToldAdvice(
            [{**told, "changes": _without_text(told["changes"])} for told in self.suggestions],
            combination,
            self.switched_off,
        )


def advise_on(
    model: GlobalModel,
    account: LearnedAccount,
    draft: Draft,
    *,
    text: str,
    hashtags: Sequence[str],
    window: tuple[int, int],
    max_hashtags: int,
    switched_off: Sequence[str],
    answered: Collection[str],
) -> ToldAdvice:
    """Return what to change of a draft, in words.

    `text` is the caption and `hashtags` are those given beside it; `window` are the first and last moment (epoch
    seconds) to publish at. Features in `switched_off` are not suggested, those in `answered` rest on an experiment of
    the account.
    """
    advice = advise(model.effects, account, draft, text, window=window, max_hashtags=max_hashtags, without=switched_off)
    creators = int(model.manifest.get("accounts", 0))
    suggestions: list[ToldSuggestion] = []
    for suggestion in advice.suggestions:
        [change] = suggestion.changes
        effect, low, high = suggestion.percent
        suggestions.append(
            {
                "feature": change.feature,
                "action": change.action,
                "value": change.value,
                "title": title_of(change, account.effects),
                "impact_estimate_pct": effect,
                "impact_interval_pct": [low, high],
                "chance": round(suggestion.chance, 3),
                "basis": basis_of(suggestion, account.effects, creators),
                "evidence": "randomised_test" if change.feature in answered else suggestion.evidence,
                "changes": changes_of(suggestion, draft, text, hashtags),
            }
        )
    combination: ToldCombination | None = None
    if advice.combination:
        effect, low, high = advice.combination.percent
        combination = {
            "features": [change.feature for change in advice.combination.changes],
            "impact_estimate_pct": effect,
            "impact_interval_pct": [low, high],
            "chance": round(advice.combination.chance, 3),
            "changes": changes_of(advice.combination, draft, text, hashtags),
        }
    return ToldAdvice(suggestions, combination, tuple(switched_off))


def hours_of_week(model: GlobalModel, account: LearnedAccount, draft: Draft) -> ToldHours:
    """Return how publishing the draft at another local hour of the week would do."""
    hours = hour_map(model.effects, account, draft)
    return {
        "time_zone": zone_name(account.effects),
        "effect_pct": hours.effect_pct.tolist(),
        "chance": hours.chance.tolist(),
    }


def changes_of(suggestion: Suggestion | Idea, draft: Draft, text: str, hashtags: Sequence[str]) -> Changes:
    """Return what differs in the draft after a suggestion or an idea."""
    changes: Changes = {}
    after = suggestion.draft
    if after.publish_at != draft.publish_at:
        changes["scheduled_time_utc"] = f"{datetime.fromtimestamp(after.publish_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if suggestion.text != text:
        changes["text"] = suggestion.text
    removed = set(draft.caption.hashtags) - set(after.caption.hashtags)
    kept = [tag for tag in hashtags if tag_of(tag) not in removed]
    if len(kept) < len(hashtags):
        changes["hashtags"] = kept
    if any(change.feature == "duration" for change in suggestion.changes):
        changes["duration_s"] = round(after.duration_s)
    measures = {name: value for change in suggestion.changes for name, value in change.measures.items()}
    if measures:
        changes["measures"] = measures
    return changes


def _without_text(changes: Changes) -> Changes:
    kept = changes.copy()
    kept.pop("text", None)
    return kept
