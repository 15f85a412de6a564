"""The catalogues of the pages' words, kept with Babel: `python -m tests.languages.catalogues` brings them up to date.

The command adds new words to each `config/locale/*/LC_MESSAGES/django.po`, takes out those that are gone, and compiles
them. Needs no GNU gettext.
"""

import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "config" / "locale"
APPS = ("accounts", "config", "posts", "predictions", "privacy", "telemetry")
ENGLISH = ("templates/admin/", "templates/design/")
"""Pages of staff, and of who works on Postcast."""
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "Plural"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}

Words = str | tuple[str, str]
"""A message, or its singular and plural."""


def words_of_the_pages() -> dict[tuple[str | None, Words], str]:
    """Return (context, message) of everything that pages say -> the file in which it stands first."""
    found: dict[tuple[str | None, Words], str] = {}
    for path in _files():
        name = str(path.relative_to(ROOT))
        source = _as_python(path.read_text()) if name.startswith("templates/") else path.read_text()
        for context, words in _marked(source):
            found.setdefault((context, words), name)
    for place, sentence in _declared():
        found.setdefault((None, sentence), place)
    return found


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it is committed."""
    path = path_of(language)
    if not path.exists():
        return Catalog(language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """Return what the catalogue compiles to."""
    # or the moment of compiling would stand in it
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    file = io.BytesIO()
    mofile.write_mo(file, catalogue)
    return file.getvalue()


def languages() -> list[str]:
    """Return the languages beside English."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def write(language: str) -> int:
    """Bring the catalogue of a language up to date, compile it, and return how many words lack a translation."""
    known, fresh = (
        read(language),
        Catalog(language, charset="utf-8", fuzzy=False, header_comment=f"# The pages of Postcast: {language}."),
    )
    for (context, words), place in sorted(words_of_the_pages().items(), key=lambda each: (each[1], str(each[0]))):
        before: Message | None = known.get(words if isinstance(words, str) else words[0], context)
        same = before is not None and before.id == words
        fresh.add(words, before.string if before and same else None, locations=[(place, 0)], context=context)
    save(language, fresh)
    return sum(not all(strings(each)) for each in fresh if each.id)


def save(language: str, catalogue: Catalog) -> None:
    """Write a catalogue, and what it compiles to. Moments and names in its header would differ with every run."""
    file = io.BytesIO()
    pofile.write_po(file, catalogue, width=120, include_lineno=False)
    text = re.sub(
        r'^"(?:POT-Creation|PO-Revision|Report-|Last-|Project-|Generated).*\n', "", file.getvalue().decode(), flags=re.M
    )
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.with_suffix(".mo").write_bytes(compiled(read(language)))


def strings(message: Message) -> tuple[str, ...]:
    """Return all forms of a translation."""
    forms: Any = message.string
    return tuple(forms) if isinstance(forms, list | tuple) else (forms,)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language stands."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _files() -> Iterator[Path]:
    for folder in APPS:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if not _is_english(path))
    for kind in ("*.html", "*.txt"):
        yield from (path for path in sorted((ROOT / "templates").rglob(kind)) if not _is_english(path))


def _is_english(path: Path) -> bool:
    name = str(path.relative_to(ROOT))
    return name.startswith(ENGLISH) or name.endswith("admin.py") or "/migrations/" in name


def _as_python(template: str) -> str:
    """Return the marked words of a template as calls of gettext, as Django's own makemessages reads them."""
    from django.utils.translation.template import templatize

    return "\n".join(line.strip() for line in templatize(template).splitlines())


def _marked(source: str) -> Iterator[tuple[str | None, Words]]:
    calls: Iterable[tuple[Any, ...]] = extract_python(io.BytesIO(source.encode()), KEYWORDS, (), {})
    for _line, function, arguments, _comments in calls:
        given = arguments if isinstance(arguments, tuple) else (arguments,)
        places = KEYWORDS[function] or (1,)
        if any(not isinstance(each, str) for each in given[: len(places)]):
            continue
        context = given[0] if isinstance(places[0], tuple) else None
        words = given[1 if context else 0 :]
        yield context, (words[0], words[1]) if function[0] == "n" or function == "Plural" else words[0]


def _declared() -> Iterator[tuple[str, str]]:
    """Yield (place, words) of what is declared in English and looked up by `told`."""
    from config.api.scopes import SCOPE_WORDS
    from config.rate_limits import Limit
    from privacy.declarations.documents import categories
    from privacy.purposes import Purpose
    from privacy.texts import FOLDER, read_text
    from privacy.trail.words import OF_REQUESTS

    yield from (("config/api/scopes.py", words) for words in SCOPE_WORDS.values())
    yield from (("config/rate_limits/variables.py", each.counted) for each in Limit)
    yield from (("privacy/trail/words.py", words) for words in OF_REQUESTS.values())
    for category in categories():
        for words in (category.name, *category.whys, *category.grounds, *category.retentions):
            yield "privacy/declarations", words
    for purpose in Purpose:
        for path in sorted((FOLDER / purpose).glob("*.md")):
            text = read_text(purpose, int(path.stem))
            for words in (text.title, *(part for paragraph in text.paragraphs for part in paragraph)):
                yield f"privacy/texts/{purpose}/{path.name}", words


def main() -> None:
    """Bring all catalogues up to date, and say what is missing."""
    django.setup()
    for language in languages():
        print(f"{language}: {write(language)} words without a translation")


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    main()
