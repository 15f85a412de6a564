"""Statements that PostgreSQL parses and plans once per connection.

Django writes parameters into the text of each statement, so that each is parsed and planned anew. What every request
runs goes through this cursor: parameters are sent beside the text, and psycopg has it prepared from its fifth run on
(`prepare_threshold` in `config/settings/variables.py`). Its statements are counted and logged like all others.
"""

from typing import cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from config.postgres.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """Return a cursor for SQL with `%s` or `%(name)s`; cast parameters whose type the place does not tell."""
    return cast(DatabaseWrapper, connection).prepared_cursor()
