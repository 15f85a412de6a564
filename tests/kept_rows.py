"""Rows that the tests of a module or class share: written once, and found by each as they were written.

@pytest.fixture(scope="class")
def history(kept_rows: None) -> list[Post]: ...

What a test changes is rolled back to them. Not beside tests that commit: those wait for what is not yet committed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker


@contextmanager
def keeping_rows(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Open the database to a fixture of a module or class, and roll back what it wrote when its tests are done."""
    with blocker.unblock():
        block = transaction.atomic()
        # as Django's own test case does, for code that has to be in no other transaction
        block._from_testcase = True  # type: ignore[attr-defined]
        with block:
            yield
            transaction.set_rollback(True)
