"""Damaged files: never an exception that is not ours, never half an import, never a change without a yes."""

import io
import random
from collections import Counter
from collections.abc import Callable

import pytest

from accounts.models import TikTokAccount
from posts.imports import services
from posts.models import Import, ImportPart, ImportRow
from posts.platforms.exports import BadFile, ImportedRow, read_file
from tests.factories import TikTokAccountFactory
from tests.posts.imports.bringing import look_at, stored
from tests.posts.imports.mutations import good_files, mutated
from tests.posts.platforms.exports.files import NOW
from tests.prove import SCALE, SEED

Record = Callable[[str, object], None]


def outcomes_of_reading(count: int, seed: int) -> Counter[str]:
    """Read mutated files, and return how many were taken and refused; anything but BadFile ends it."""
    chance, files = random.Random(seed), list(good_files().values())
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        try:
            _, rows = read_file(io.BytesIO(mutated(chance.choice(files), chance)), now=NOW)
            outcomes["read"] += 1
            outcomes["rows"] += sum(isinstance(row, ImportedRow) for row in rows)
        except BadFile:
            outcomes["refused"] += 1
    return outcomes


def outcomes_of_importing(count: int, seed: int) -> Counter[str]:
    """Import mutated files, each into an account of its own, and check what each left behind."""
    chance, files = random.Random(seed), list(good_files().values())
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        account = TikTokAccountFactory()
        check_import(account, mutated(chance.choice(files), chance), outcomes)
        account.user.delete()
    return outcomes


def check_import(account: TikTokAccount, content: bytes, outcomes: Counter[str]) -> None:
    before = stored(account)
    shown = look_at(account, content)
    assert stored(account) == before
    outcomes[shown.state] += 1
    if shown.state == Import.State.FAILED:
        assert shown.error
        assert not ImportRow.objects.filter(import_job=shown).exists()
        return
    planned = list(shown.rows.filter(outcome=ImportRow.Outcome.NEW).values_list("tiktok_id", flat=True))
    services.confirm(shown)
    services.run_import(import_id=shown.pk)
    shown.refresh_from_db()
    assert shown.state == Import.State.DONE
    assert sorted(account.posts.values_list("tiktok_id", flat=True)) == sorted(planned)
    assert not ImportPart.objects.filter(import_job=shown).exists()
    once = stored(account)
    again = look_at(account, content)
    assert (again.rows_new, again.rows_merged, again.rows_observed) == (0, 0, 0)
    assert stored(account) == once
    outcomes["posts"] += len(planned)


def test_damaged_files_are_read_or_refused() -> None:
    outcomes = outcomes_of_reading(400, seed=3)
    assert min(outcomes.values()) > 50


@pytest.mark.django_db
def test_damaged_files_are_imported_whole_or_not_at_all() -> None:
    outcomes = outcomes_of_importing(15, seed=5)
    assert outcomes["done"] == 0
    assert outcomes["ready"] > 2
    assert outcomes["failed"] > 2


@pytest.mark.prove
@pytest.mark.django_db
def test_ten_thousand_damaged_files(record_property: Record) -> None:
    reading = outcomes_of_reading(round(10_000 * SCALE), seed=SEED)
    importing = outcomes_of_importing(round(300 * SCALE), seed=SEED + 1)
    record_property("damaged files", f"{reading['read']:,}")
    record_property("refused", f"{reading['refused']:,}")
    record_property("exceptions", 0)
    record_property("imported", f"{importing['ready']:,} whole, {importing['failed']:,} not at all")
