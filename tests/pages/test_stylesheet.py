"""The colours of the stylesheet reach WCAG 2.2 AA: 4.5 for text, 3 for controls and marks, in light and dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STYLESHEET = Path(settings.BASE_DIR, "templates/static/site.css").read_text()
ROOTS = re.findall(r":root\s*\{(.*?)\}", STYLESHEET, re.DOTALL)
SCHEMES = {
    name: dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))
    for name, block in zip(("light", "dark"), ROOTS, strict=True)
}
TEXT = [
    *((text, ground) for text in ("ink", "muted", "accent", "accent-strong") for ground in ("paper", "surface")),
    *(("ink", wash) for wash in ("sunken", "accent-wash", "warm-wash", "bad-wash")),
    *(("on-accent", ground) for ground in ("accent", "accent-strong")),
    *((name, f"{name}-wash") for name in ("warm", "bad")),
    ("accent-strong", "accent-wash"),
    ("bad", "surface"),
    ("warm", "surface"),
]
MARKS = [(mark, ground) for mark in ("field-line", "accent", "warm") for ground in ("surface", "paper")]


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("least", "pairs"), [(4.5, TEXT), (3, MARKS)])
def test_contrast(scheme: str, least: float, pairs: list[tuple[str, str]]) -> None:
    colours = SCHEMES[scheme]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: value for pair, value in found.items() if value < least} == {}
