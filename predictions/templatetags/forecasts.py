"""A forecast's terms in plain words, and how well forecasts did."""

from typing import Any

from django import template

from accounts.models import TikTokAccount
from predictions.models import Prediction
from predictions.selectors import account_skill
from predictions.skill import Skill

register = template.Library()

BUCKETS = {
    Prediction.Bucket.LOW: "below your usual",
    Prediction.Bucket.MEDIUM: "about your usual",
    Prediction.Bucket.HIGH: "above your usual",
}
BASES = {
    "prior": "This is a rule of thumb until a model is trained.",
    "population": "Your own history is too short to learn from, so this rests on other accounts.",
    "account": "This rests on your own posts, beside what was learned across accounts.",
}
FEATURES = {
    "recent_level": "How your recent posts did",
    "trend": "Where your posts are heading",
    "account_size": "The size of your account",
    "posting_pace": "How often you post",
    "post_hour": "The hour",
    "weekday": "The weekday",
    "caption_length": "The length of the caption",
    "caption_wording": "The wording of the caption",
    "hashtags": "The hashtags",
    "similar_posts": "How posts with a similar caption did",
    "topic": "How this topic does for others",
    "other": "Everything else",
    "duration": "The length of the video",
    "sound": "The sound",
    "cover": "The cover",
}


@register.filter
def bucket_words(bucket: str) -> str:
    return BUCKETS[Prediction.Bucket(bucket)]


@register.filter
def basis_words(basis: str) -> str:
    return BASES[basis]


@register.filter
def within_words(within: bool | str | None) -> str:
    """Whether a measure lay in its range, to follow a figure; nothing where no range was given."""
    if not isinstance(within, bool):
        return ""
    return "in its range" if within else "outside its range"


@register.filter
def feature_words(feature: str) -> str:
    """`post_hour` -> The hour; features that have no words of their own are named as the API names them."""
    return FEATURES.get(feature) or feature.replace("_", " ").capitalize()


@register.filter
def noticeable(explanation: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The effects that are more than nothing in whole per cent, as they are shown."""
    return [effect for effect in explanation or () if round(effect["effect_pct"])]


@register.inclusion_tag("predictions/skill.html")
def skill(account: TikTokAccount) -> dict[str, Skill]:
    """Show how well Postcast did for the account."""
    return {"skill": account_skill(account.pk)}
