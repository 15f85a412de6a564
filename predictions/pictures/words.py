"""Describe a draft's picture in one sentence of the active language: only what was measured, and no guess beyond."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy, ngettext, override, pgettext_lazy

from posts.content.pictures import NUDITY_THRESHOLD, Colour, CoverMeasures, DraftCover, Nudity

DARK, BRIGHT = 0.3, 0.65
"""Mean grey levels, 0 to 1, up to and from which a picture is called dark or bright."""
LEAST_TEXT = 0.03
"""Share of the picture from which lines count as text: below it the moon's craters do."""

COLOURS = {
    Colour.BLACK: pgettext_lazy("a … picture", "black"),
    Colour.GREY: pgettext_lazy("a … picture", "grey"),
    Colour.WHITE: pgettext_lazy("a … picture", "white"),
    Colour.RED: pgettext_lazy("a … picture", "red"),
    Colour.ORANGE: pgettext_lazy("a … picture", "orange"),
    Colour.BROWN: pgettext_lazy("a … picture", "brown"),
    Colour.BEIGE: pgettext_lazy("a … picture", "beige"),
    Colour.YELLOW: pgettext_lazy("a … picture", "yellow"),
    Colour.GREEN: pgettext_lazy("a … picture", "green"),
    Colour.TURQUOISE: pgettext_lazy("a … picture", "turquoise"),
    Colour.BLUE: pgettext_lazy("a … picture", "blue"),
    Colour.PURPLE: pgettext_lazy("a … picture", "purple"),
    Colour.PINK: pgettext_lazy("a … picture", "pink"),
}
NUDITY = {
    Nudity.NOT_CHECKED: gettext_lazy("The picture is not checked for nudity: that check is not set up here."),
    Nudity.FINE: gettext_lazy("A program looked for nudity and found none. It can be wrong."),
    Nudity.MAY_BREAK_RULES: gettext_lazy(
        "This picture may break TikTok’s rules: a program took it for nudity. It can be wrong, and changes no forecast."
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Measured facts that the sentence tells."""

    light: str
    """"dark", "bright" or "" for what lies between."""
    faces: int
    colours: tuple[Colour, ...]
    has_text: bool | None
    """None where text was not looked for."""


def facts_of(cover: CoverMeasures) -> Facts:
    """Return what is measured of a picture."""
    light = "dark" if cover.brightness <= DARK else "bright" if cover.brightness >= BRIGHT else ""
    return Facts(
        light=light,
        faces=cover.faces or 0,
        colours=cover.colours if isinstance(cover, DraftCover) else (),
        has_text=None if cover.text_share is None else cover.text_share >= LEAST_TEXT,
    )


def alt_text(facts: Facts) -> str:
    """Return one sentence for people who do not see the picture, in the active language."""
    picture = _picture(facts.light, [str(COLOURS[colour]) for colour in facts.colours])
    if facts.faces == 1:
        picture = gettext("%(picture)s of a person") % {"picture": picture}
    elif facts.faces == 2:
        picture = gettext("%(picture)s of two people") % {"picture": picture}
    elif facts.faces:
        # more may be turned away, or too small to be found
        people = ngettext(
            "%(picture)s of at least %(number)s person", "%(picture)s of at least %(number)s people", facts.faces
        )
        picture = people % {"picture": picture, "number": facts.faces}
    if facts.has_text:
        picture = gettext("%(picture)s, with text on it") % {"picture": picture}
    return f"{picture}."


def picture_in_words(cover: CoverMeasures) -> dict[str, Any]:
    """Return a draft's picture for its page, in the active language."""
    nudity = cover.nudity if isinstance(cover, DraftCover) else Nudity.NOT_CHECKED
    return {"alt_text": alt_text(facts_of(cover)), "nudity": nudity, "nudity_text": NUDITY[nudity]}


def picture_answer(cover: CoverMeasures | None) -> dict[str, Any] | None:
    """Return a draft's picture as the API answers it, `PictureSerializer`: the sentence in each language of pages."""
    if cover is None:
        return None
    facts, sentences = facts_of(cover), {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            sentences[language] = alt_text(facts)
    told = picture_in_words(cover)
    return {
        "alt_texts": sentences,
        "facts": {
            "light": facts.light or "medium",
            "colours": [str(colour) for colour in facts.colours],
            "faces": facts.faces,
            "has_text": facts.has_text,
        },
        "nudity": {"result": told["nudity"], "threshold": NUDITY_THRESHOLD, "text": str(told["nudity_text"])},
    }


def _picture(light: str, colours: list[str]) -> str:
    """Return the picture with its light and its colours, as the beginning of a sentence."""
    if not colours:
        return {
            "": gettext("A picture"),
            "bright": gettext("A bright picture"),
            "dark": gettext("A dark picture"),
        }[light]
    if len(colours) == 1:
        words = {
            "": gettext("A mostly %(first)s picture"),
            "bright": gettext("A bright, mostly %(first)s picture"),
            "dark": gettext("A dark, mostly %(first)s picture"),
        }[light]
        return words % {"first": colours[0]}
    words = {
        "": gettext("A mostly %(first)s and %(second)s picture"),
        "bright": gettext("A bright, mostly %(first)s and %(second)s picture"),
        "dark": gettext("A dark, mostly %(first)s and %(second)s picture"),
    }[light]
    return words % {"first": colours[0], "second": colours[1]}
