"""Replay after a restore: erasures that the backup does not know of are repeated before anybody is let in."""

from django.apps import apps
from django.utils import timezone

from privacy.declarations.registry import tables
from privacy.erasure import ledger
from privacy.erasure.ledger import Entry, LedgerBroken
from privacy.erasure.running import run
from privacy.erasure.services import request_erasure
from privacy.erasure.steps import Waiting
from privacy.models import Erasure, Through

BEGUN = (Erasure.State.RUNNING, Erasure.State.DONE)
"""States of erasures that have begun: a worker finishes those that run."""


def reason_to_stay_shut() -> str:
    """Return why nobody may be let in, in a sentence; empty if ledger and database agree on the erasures."""
    try:
        unknown, lost = len(unknown_erasures()), len(lost_erasures())
    except (LedgerBroken, OSError) as error:
        return f"The ledger of erasures tells nothing: {error}"
    if unknown:
        return f"{unknown} erasures of the ledger are to be done again: manage.py replay_erasures"
    return f"The ledger of erasures has lost {lost} of them: manage.py rebuild_ledger" if lost else ""


def unknown_erasures() -> list[Entry]:
    """Return erasures in the ledger that the database does not know: those since the backup was made."""
    entries = ledger.entries()
    rows = Erasure.objects.filter(state__in=BEGUN, public_id__in=[entry.erasure for entry in entries])
    begun = set(rows.values_list("public_id", flat=True))
    return [entry for entry in entries if entry.erasure not in begun]


def lost_erasures() -> list[Erasure]:
    """Return receipts whose line is missing in the ledger: it was cut, lost, or moved."""
    written = {entry.erasure for entry in ledger.entries()}
    receipts = Erasure.objects.filter(state=Erasure.State.DONE).order_by("pk").only("public_id", "pseudonyms")
    return [receipt for receipt in receipts if receipt.public_id not in written]


def rebuild() -> int:
    """Rewrite the lines that the ledger has lost, from the receipts; return how many. Repeating changes nothing."""
    lost = lost_erasures()
    for receipt in lost:
        ledger.append(receipt.public_id, receipt.pseudonyms)
    return len(lost)


def replay() -> int:
    """Erase everybody whom the ledger names and the database has; return how many erasures. Raise Waiting.

    Repeating it changes nothing.
    """
    count = 0
    for entry in unknown_erasures():
        for user_id, account_id in _matching(entry):
            erasure = request_erasure(
                user_id=user_id,
                account_id=account_id,
                reason=Erasure.Reason.REPLAY,
                through=Through.SHELL,
                grace=None,
            )
            if not run(erasure_pk=erasure.pk):
                raise Waiting(f"{erasure} could not be finished yet: run this again")
            count += 1
        _note_done(entry)
    return count


def _matching(entry: Entry) -> list[tuple[int, int | None]]:
    """Return the people, and single accounts, whom the entry names: (person, account or None)."""
    key = ledger.key()
    matching: dict[int, int | None] = {}
    for table in tables():
        for column in table.identifying:
            rows = apps.get_model(table.model)._base_manager.exclude(**{column: ""})
            for value, user_id, account_id in rows.values_list(column, table.person, table.account or table.person):
                if ledger.pseudonym(key, value) in entry.pseudonyms:
                    whole = table.account is None
                    matching[user_id] = None if whole else matching.get(user_id, account_id)
    return list(matching.items())


def _note_done(entry: Entry) -> None:
    """Store the receipt that the restore lost, as far as the ledger knows it."""
    done = {
        "state": Erasure.State.DONE,
        "user_id": None,
        "account_ids": [],
        "sealed_identifiers": b"",
        "pseudonyms": sorted(entry.pseudonyms),
    }
    Erasure.objects.update_or_create(
        public_id=entry.erasure,
        defaults=done,
        create_defaults=done
        | {
            "whole": True,
            "reason": Erasure.Reason.REPLAY,
            "through": Through.SHELL,
            "due_at": timezone.now(),
            "finished_at": timezone.now(),
        },
    )
