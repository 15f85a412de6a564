"""The words of suggestions: what to change, what that rests on, and when that is in the account's local time."""

from datetime import UTC, datetime

import numpy as np

from predictions.engine.advice.changes import Change
from predictions.engine.advice.suggestions import Suggestion
from predictions.engine.effects.account_effects import AccountEffects
from predictions.engine.effects.local_time import local_seconds
from predictions.engine.effects.summary import zone_name

NOTHING_RELIABLE = (
    "Nothing reliable found: no change to this draft has an effect on your account that is sure enough to be told."
)

_COVER_WORDS = {
    ("cover_brightness", "raise"): "Make the cover brighter",
    ("cover_brightness", "lower"): "Make the cover darker",
    ("cover_contrast", "raise"): "Give the cover more contrast",
    ("cover_contrast", "lower"): "Give the cover less contrast",
    ("cover_saturation", "raise"): "Give the cover stronger colours",
    ("cover_saturation", "lower"): "Give the cover paler colours",
    ("cover_colourfulness", "raise"): "Make the cover more colourful",
    ("cover_colourfulness", "lower"): "Make the cover less colourful",
    ("cover_sharpness", "raise"): "Make the cover sharper",
    ("cover_sharpness", "lower"): "Make the cover softer",
    ("cover_crop_loss", "lower"): "Crop the cover to 9:16, so that nothing is cut off",
    ("cover_faces", "add"): "Show a face on the cover",
    ("cover_faces", "remove"): "Choose a cover without a face",
}
_NOT_COUNTED = ("call_to_action", "cover_crop_loss", "cover_faces")
"""Features that an account's history does not keep post by post: the effects have learned from them."""


def local_moment(effects: AccountEffects, moment: int) -> datetime:
    """Return a moment (epoch seconds) as the account's clock shows it; its `tzinfo` says UTC and means nothing."""
    [local] = local_seconds(np.array([moment]), effects.zone, effects.offset).tolist()
    return datetime.fromtimestamp(local, UTC)


def title_of(change: Change, effects: AccountEffects) -> str:
    """Return what to do, in words."""
    match change.feature, change.action:
        case "post_time", _:
            local, zone = local_moment(effects, int(change.target)), zone_name(effects)
            clock = zone if zone == "UTC" else f"your local time, {zone}"
            return f"Publish on {local:%A}, {local.day} {local:%B} at {local:%H:%M} ({clock})"
        case "duration", _:
            return f"Make the video about {float(change.target):g} seconds long"
        case "caption_length", _:
            return f"Write {change.value}, hashtags not counted"
        case "question", "add":
            return "Ask a question"
        case "question", _:
            return "Ask no question"
        case "call_to_action", "add":
            return "Say what viewers should do: a call to action"
        case "call_to_action", _:
            return "Leave out the call to action"
        case "tone", _:
            return f"Write in a {change.value} tone"
        case "emoji", _:
            return f"Use {change.value}"
        case "hashtags", "add":
            return f"Add {change.value}"
        case "hashtags", _:
            return f"Leave out {change.value}"
        case cover:
            return _COVER_WORDS.get(cover) or f"{change.feature}: {change.action} {change.value}".replace("_", " ")


def basis_of(suggestion: Suggestion, effects: AccountEffects, creators: int) -> str:
    """Return what a suggestion rests on: own posts like it, and how many other creators the model learned from."""
    [change, *_] = suggestion.changes
    counted = change.feature not in _NOT_COUNTED
    own = suggestion.own_posts if counted else effects.posts
    posts = f"your {own} posts" if own > 1 else "your one post" if own else "none of your own posts yet"
    basis = f"{posts} {_alike(change, effects)}" if counted else f"{posts}, with and without"
    return f"{basis}; {creators:,} creators like you" if creators else basis


def _alike(change: Change, effects: AccountEffects) -> str:
    """Return what the posts have that the change brings, to follow "your posts"."""
    match change.feature, change.action:
        case "post_time", _:
            clock = "UTC" if zone_name(effects) == "UTC" else "your local time"
            return f"around {local_moment(effects, int(change.target)):%H:%M} ({clock})"
        case "duration", _:
            return f"of about {float(change.target):g} seconds"
        case "caption_length", _:
            return f"with {change.value}"
        case "question", action:
            return "with a question" if action == "add" else "without a question"
        case "tone", _:
            return f"in a {change.value} tone"
        case "emoji", _:
            return f"with {change.value}"
        case "hashtags", action:
            return f"{'with' if action == 'add' else 'without'} {change.value}"
        case _:
            return "with such a cover"
