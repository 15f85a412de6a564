"""Agreement of people with sub-scores, for the table of evidence: a later room registers how to tell it."""

from collections.abc import Callable

from predictions.viralscore.subscores import Record

People = Callable[[Record], dict[str, str]]
"""Returns, by part of V, how often people agree with it, in words."""

_registered: list[People] = []


def register_people(tell: People) -> None:
    """Show what `tell` returns beside the evidence for each part."""
    _registered.append(tell)


def people_of(record: Record) -> dict[str, str]:
    """Return what the rooms tell, by part of V."""
    return {part: words for tell in _registered for part, words in tell(record).items()}
