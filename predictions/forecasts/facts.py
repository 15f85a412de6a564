"""A recorded forecast for staff: what it was made from, what it said, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from predictions.models import Outcome, Prediction
from predictions.versions.registry import PRIOR_NAME
from telemetry.home.panels import Line


@dataclass(frozen=True, slots=True)
class Facts:
    """Three tables of a forecast."""

    draft: list[Line]
    answer: list[Line]
    outcome: list[Line]


def facts_of(prediction: Prediction) -> Facts:
    """Return the forecast in words; never its text, which is kept for its writer."""
    outcome: Outcome | None = getattr(prediction, "outcome", None)
    return Facts(list(_draft(prediction)), list(_answer(prediction)), list(_outcome(prediction, outcome)))


def _draft(prediction: Prediction) -> Iterator[Line]:
    yield Line("Planned for", f"{prediction.publish_at:%-d %b %Y, %H:%M}")
    yield Line("Asked on", f"{prediction.created_at:%-d %b %Y, %H:%M}")
    yield Line("Length", "not given" if prediction.duration_s is None else f"{prediction.duration_s} s")
    yield Line("Caption", f"{prediction.caption_length:,} characters, hashtags: {len(prediction.hashtags)}")
    yield Line("Asked by", prediction.client or "a page, or a program without a name")
    yield Line("Warnings", " ".join(map(str, prediction.warnings)) or "none", is_bad=bool(prediction.warnings))


def _answer(prediction: Prediction) -> Iterator[Line]:
    yield Line("Typical", f"{prediction.typical:,.0f} likes after 24 hours")
    yield Line("Range (4 posts in 5)", f"{prediction.low:,.0f}–{prediction.high:,.0f}")
    yield Line("For this account", prediction.get_bucket_display().lower())
    if prediction.chance_above_usual is not None:
        yield Line("Chance to beat their usual", f"{prediction.chance_above_usual:.0%}")
    average = "no history" if prediction.baseline is None else f"{prediction.baseline:,.0f}"
    yield Line("Average of their last five posts", average)
    yield Line("Model", str(prediction.model_version or f"the {PRIOR_NAME}"))
    yield Line("Rests on", prediction.basis)
    yield Line("Suggestions", "not asked for" if prediction.suggestions is None else f"{len(prediction.suggestions)}")
    yield Line("Took", f"{prediction.latency_ms:.0f} ms")


def _outcome(prediction: Prediction, outcome: Outcome | None) -> Iterator[Line]:
    if outcome is None:
        yield Line("Result", "none yet")
        return
    yield Line("Likes after 24 hours", f"{outcome.likes:,.0f}, {outcome.get_label_display().lower()}")
    yield Line("Within the range", "yes" if outcome.within_interval else "no", is_bad=not outcome.within_interval)
    if outcome.typical_error is not None:
        yield Line("Off by", f"{outcome.typical_error:.0%} of the likes")
    if outcome.baseline_error is not None:
        yield Line("Their average by", f"{outcome.baseline_error:.0%}")
    yield Line("Compared on", f"{outcome.met_at:%-d %b %Y, %H:%M}")
