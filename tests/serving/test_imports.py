"""A server holds what it needs to answer, and nothing that only training needs."""

from tests.predictions.processes import start_process

SERVER = """
import sys
import config.wsgi
from django.urls import get_resolver
from posts.content import captions, language, tone
get_resolver().url_patterns
language.load()
tone.load()
captions.measure_caption("So happy about this sunset at the pier #sunset")
print(*{"torch", "sklearn", "lightgbm", "scipy.stats", "scipy.sparse", "pandas"} & sys.modules.keys())
"""


def test_what_only_training_needs_is_not_loaded_by_a_server(db: None) -> None:
    """They take a server's start seconds, and each process a hundred megabytes."""
    loaded, complaints = start_process(SERVER).communicate(timeout=120)
    assert loaded.split() == [], complaints
    assert "Traceback" not in complaints
