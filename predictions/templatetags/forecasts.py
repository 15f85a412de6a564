"""A forecast's terms in plain words, and the parts of pages that other rooms and apps show."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import TikTokAccount
from config.languages.told import told
from predictions.engine.explanation import OTHER
from predictions.feedback.forms import FeedbackForm
from predictions.feedback.selectors import feedback_on_forecast
from predictions.models import Prediction
from predictions.outcomes.selectors import account_track_record
from predictions.outcomes.track_record import TrackRecord
from predictions.suggestions.words import NOTHING_RELIABLE
from privacy.consent.selectors import has_consent
from privacy.purposes import Purpose

register = template.Library()

BUCKETS = {
    Prediction.Bucket.LOW: _("below your usual"),
    Prediction.Bucket.MEDIUM: _("about your usual"),
    Prediction.Bucket.HIGH: _("above your usual"),
}
BASES = {
    "prior": _("This is a rule of thumb until a model is trained."),
    "population": _("This rests on other accounts, as your own history is too short to learn from."),
    "account": _("This rests on your own posts, beside what was learned across accounts."),
}
FEATURES = {
    "post_hour": _("The hour"),
    "weekday": _("The weekday"),
    "duration": _("The length of the video"),
    "caption_length": _("The length of the caption"),
    "question": _("The question, or that there is none"),
    "call_to_action": _("The call to action, or that there is none"),
    "tone": _("The tone of the caption"),
    "emoji": _("The emoji"),
    "hashtags": _("The hashtags"),
    "cover": _("The cover"),
    "other": _("Everything else: your form lately, and what other accounts show of such a post"),
}
EVIDENCE = {
    "own_posts": _("your own posts"),
    "other_creators": _("other creators"),
    "randomised_test": _("a randomised test"),
    "platform_rule": _("a rule of TikTok"),
}


@register.filter
def bucket_words(bucket: str) -> str:
    return str(BUCKETS[Prediction.Bucket(bucket)])


@register.filter
def basis_words(basis: str) -> str:
    return str(BASES[basis])


@register.filter
def within_words(within: bool | str | None) -> str:
    """Return words to follow a figure: whether it lay in its range; empty without a range."""
    if not isinstance(within, bool):
        return ""
    return gettext("in its range") if within else gettext("outside its range")


@register.filter
def feature_words(feature: str) -> str:
    """Return a feature's name in words: post_hour -> The hour; others as the API names them."""
    return str(FEATURES.get(feature, "")) or feature.replace("_", " ").capitalize()


@register.filter
def evidence_words(evidence: str) -> str:
    return str(EVIDENCE[evidence])


@register.simple_tag
def nothing_reliable() -> str:
    return told(NOTHING_RELIABLE)


@register.filter
def signed(value: float) -> str:
    """Return a rounded number with its sign: +12, −4, 0."""
    whole = round(value)
    return f"{whole:+}".replace("-", "\N{MINUS SIGN}") if whole else "0"


@register.filter
def helping(explanation: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return the inputs that raise the forecast, those that do not round to 0 %."""
    return [effect for effect in _of_inputs(explanation) if round(effect["effect_pct"]) > 0]


@register.filter
def holding_back(explanation: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return the inputs that lower the forecast, those that do not round to 0 %."""
    return [effect for effect in _of_inputs(explanation) if round(effect["effect_pct"]) < 0]


@register.filter
def beside_inputs(explanation: list[dict[str, Any]] | None) -> float | None:
    """Return the effect (per cent) of all that is no input of the draft; None where it rounds to 0 %."""
    rest = next((effect["effect_pct"] for effect in explanation or () if effect["feature"] == OTHER), 0.0)
    return rest if round(rest) else None


def _of_inputs(explanation: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [effect for effect in explanation or () if effect["feature"] != OTHER]


@register.inclusion_tag("predictions/track_record.html")
def track_record(account: TikTokAccount) -> dict[str, TrackRecord]:
    """Show how the account's forecasts turned out."""
    return {"track_record": account_track_record(account.pk)}


@register.inclusion_tag("predictions/feedback.html", takes_context=True)
def feedback(context: Context, forecast: Prediction) -> dict[str, Any]:
    """Show the feedback on a forecast with its form: the context's `feedback_form` if it was sent with errors."""
    existing = feedback_on_forecast(forecast)
    form = context.get("feedback_form") or FeedbackForm.of_forecast(
        existing, keeps_texts=has_consent(forecast.account.user_id, Purpose.DRAFTS)
    )
    return {"forecast": forecast, "feedback": existing, "feedback_form": form}
