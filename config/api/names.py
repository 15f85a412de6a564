"""Words for names that are not known: of members, parameters, parts of a form."""

from collections.abc import Collection
from difflib import get_close_matches

SHOWN = 60
"""Characters of somebody else's name that are repeated in an answer."""


def unknown_name(name: str, known: Collection[str]) -> str:
    """Return the sentence that refuses a name, with the nearest known one, or all of them where none is near."""
    nearest = get_close_matches(shown(name), known, n=1, cutoff=0.6)
    if nearest:
        return f"`{shown(name)}` is not known; did you mean `{nearest[0]}`?"
    expected = ", ".join(f"`{each}`" for each in sorted(known))
    return f"`{shown(name)}` is not known; expected {f'one of {expected}' if expected else 'none'}."


def shown(name: str) -> str:
    """Return the name as an answer may repeat it: short, and without what UTF-8 cannot hold."""
    text = str(name).encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
