"""V, its parts and its checklists in words."""

from typing import Any

from django import template

from predictions.scoring.words import ITEMS, LEVELS, PARTS, REASONS
from predictions.viralscore.subscores import Level

register = template.Library()

UNUSUAL = 0.1
"""Distance from 0.5 from which on a part is told as above or below the account's usual."""


@register.filter
def parts_of(viralscore: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts in their order, each with its name and, where there is a number, how it stands to the usual."""
    found = []
    for part, name in PARTS.items():
        component = viralscore["components"][part]
        value = component["value"]
        standing = (
            "" if value is None else "high" if value > 0.5 + UNUSUAL else "low" if value < 0.5 - UNUSUAL else "medium"
        )
        found.append({"name": name, "standing": standing, **component})
    return found


@register.filter
def item_words(item: dict[str, Any]) -> str:
    """Return what an item of a checklist looks at."""
    return str(ITEMS[item["item"]])


@register.filter
def level_words(level: str) -> str:
    """Return a level of evidence: own_data -> posts here."""
    return str(LEVELS[Level(level)])


@register.filter
def reason_words(reason: str) -> str:
    """Return why there is no score."""
    return str(REASONS[reason])
