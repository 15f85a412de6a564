"""Checklists: the things that a sub-score looks at, met or not, each with the level of evidence that it rests on."""

from dataclasses import dataclass
from enum import StrEnum

from posts.content.captions import CaptionMeasures
from posts.content.wording import Hook
from predictions.viralscore.subscores.columns import is_outrage

SHORT = 100
"""Characters of a caption that phones show without "more"."""
FELT = 0.3
"""Tone in -1..1 from which on a caption shows a feeling."""
_FORMATS = ("challenge", "duet", "stitch", "trend")
_OPENINGS = {Hook.QUESTION, Hook.NUMBER, Hook.TEASER, Hook.COMMAND, Hook.POV}


class Level(StrEnum):
    """The evidence that something rests on, the strongest first."""

    OWN_DATA = "own_data"
    RANDOMISED_TEST = "randomised_test"
    RESEARCH = "research"
    PLATFORM_RULE = "platform_rule"
    HEURISTIC = "heuristic"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a sub-score looks at."""

    code: str
    is_met: bool | None
    """None: not known."""
    level: Level


def checklist_of(caption: CaptionMeasures, *, has_rising_hashtag: bool | None) -> dict[str, tuple[Item, ...]]:
    """Return the items of each sub-score for a draft. `has_rising_hashtag` is None where no trends are known."""
    # a tone that cannot be read is not known to be absent
    feeling = None if caption.sentiment is None else abs(caption.sentiment) >= FELT
    has_format = any(each in tag for tag in caption.hashtags for each in _FORMATS) or caption.hook == Hook.POV
    return {
        "E": (
            # Berger and Milkman, "What Makes Online Content Viral?", Journal of Marketing Research, 2012
            Item("shows_feeling", feeling, Level.RESEARCH),
            Item("not_angry", not is_outrage(caption), Level.HEURISTIC),
        ),
        "H": (
            Item("opens_with_hook", caption.hook in _OPENINGS, Level.HEURISTIC),
            Item("short_enough", 0 < caption.length <= SHORT, Level.HEURISTIC),
        ),
        "R": (Item("follows_format", has_format, Level.HEURISTIC),),
        "S": (Item("asks_viewers", caption.call_to_action > 0 or caption.questions > 0, Level.HEURISTIC),),
        "T": (Item("rising_hashtag", has_rising_hashtag, Level.HEURISTIC),),
    }
