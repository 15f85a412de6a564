"""The words of V, its parts and its checklists, in the reader's language."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from predictions.scoring.services import NO_EVIDENCE, NO_MODEL, NOT_VALIDATED
from predictions.viralscore.subscores import Level

PARTS = {
    "E": _("Emotion"),
    "H": _("Hook"),
    "R": _("Easy to copy"),
    "S": _("Reason to share"),
    "T": _("Trend"),
}
REASONS = {
    NO_MODEL: _("There is no score yet: nothing was learned from posts here so far."),
    NO_EVIDENCE: _("There is no score: none of its parts has predicted here which posts spread."),
    NOT_VALIDATED: _("There is no score: put together, its parts did not predict on later posts which ones spread."),
}
ITEMS = {
    "shows_feeling": _("The words or emoji show a feeling"),
    "not_angry": _("It is not angry: anger never raises the score"),
    "opens_with_hook": _("It opens with a question, a number, a command or a teaser"),
    "short_enough": _("It is short enough to read without “more”"),
    "follows_format": _("It names a format that others can copy, such as a challenge, duet or stitch"),
    "asks_viewers": _("It asks viewers something, or asks them to do something"),
    "rising_hashtag": _("It has a hashtag that is rising now"),
}
LEVELS = {
    Level.OWN_DATA: _("posts here"),
    Level.RANDOMISED_TEST: _("a randomised test"),
    Level.RESEARCH: _("research"),
    Level.PLATFORM_RULE: _("a rule of TikTok"),
    Level.HEURISTIC: _("a rule of thumb"),
}


def in_words(viralscore: dict[str, Any]) -> dict[str, Any]:
    """Return `score_draft`'s answer with its reason and items in words, as the API shows it."""
    return {
        "value": viralscore["value"],
        "reason": str(REASONS[viralscore["reason"]]) if viralscore["reason"] else None,
        "components": {part: _component(each) for part, each in viralscore["components"].items()},
    }


def _component(component: dict[str, Any]) -> dict[str, Any]:
    items = [{**item, "text": str(ITEMS[item["item"]])} for item in component["checklist"]]
    return component | {"checklist": items}
