"""Copies of the texts that people consent to, to which tests add versions."""

import shutil
from pathlib import Path

from privacy import texts
from privacy.purposes import Purpose


def copy_texts(folder: Path) -> Path:
    """Copy the texts to `folder`, where versions can be added, and return it."""
    shutil.copytree(texts.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def release(purpose: Purpose) -> None:
    """Add the same words as the next version."""
    newest = texts.current_text(purpose)
    folder = texts.FOLDER / purpose
    shutil.copy(folder / f"{newest.version}.md", folder / f"{newest.version + 1}.md")
    texts.current_text.cache_clear()
