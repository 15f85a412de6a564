"""After a restore: the erasures that the backup does not know of are done again before anybody is let in."""

from django.apps import apps
from django.utils import timezone

from privacy import erasing, ledger
from privacy.declarations import tables
from privacy.ledger import Entry, LedgerBroken
from privacy.models import Erasure, Through

KNOWN = (Erasure.State.RUNNING, Erasure.State.DONE)
"""Erasures that have begun: a worker brings those that run to their end."""


def reason_to_stay_shut() -> str:
    """Why nobody may be let in, in a sentence; empty where the ledger and the database know of the same erasures."""
    try:
        unknown, lost = len(unknown_erasures()), len(lost_erasures())
    except (LedgerBroken, OSError) as error:
        return f"The ledger of erasures tells nothing: {error}"
    if unknown:
        return f"{unknown} erasures of the ledger are to be done again: manage.py replay_erasures"
    return f"The ledger of erasures has lost {lost} of them: manage.py rebuild_ledger" if lost else ""


def unknown_erasures() -> list[Entry]:
    """Erasures of the ledger of which the database does not know: those since the backup was made."""
    entries = ledger.entries()
    rows = Erasure.objects.filter(state__in=KNOWN, public_id__in=[entry.erasure for entry in entries])
    known = set(rows.values_list("public_id", flat=True))
    return [entry for entry in entries if entry.erasure not in known]


def lost_erasures() -> list[Erasure]:
    """Receipts whose line the ledger does not have: it was cut, lost, or put in another place."""
    written = {entry.erasure for entry in ledger.entries()}
    receipts = Erasure.objects.filter(state=Erasure.State.DONE).order_by("pk").only("public_id", "pseudonyms")
    return [receipt for receipt in receipts if receipt.public_id not in written]


def rebuild() -> int:
    """Write the lines that the ledger has lost again, from the receipts; how many. Twice changes nothing."""
    lost = lost_erasures()
    for receipt in lost:
        ledger.append(receipt.public_id, receipt.pseudonyms)
    return len(lost)


def replay() -> int:
    """Erase again whoever the ledger names and the database has; how many erasures that took. Twice changes nothing."""
    count = 0
    for entry in unknown_erasures():
        for user_id, account_id in _matching(entry):
            erasure = erasing.request_erasure(
                user_id=user_id,
                account_id=account_id,
                reason=Erasure.Reason.REPLAY,
                through=Through.SHELL,
                grace=None,
            )
            if not erasing.run(erasure_pk=erasure.pk):
                raise erasing.Waiting(f"{erasure} could not be finished yet: run this again")
            count += 1
        _note_done(entry)
    return count


def _matching(entry: Entry) -> list[tuple[int, int | None]]:
    """People, and single accounts, of whom something stands in the entry: (person, account or None)."""
    key = ledger.key()
    found: dict[int, int | None] = {}
    for table in tables():
        for column in table.identifying:
            rows = apps.get_model(table.model)._base_manager.exclude(**{column: ""})
            for value, user_id, account_id in rows.values_list(column, table.person, table.account or table.person):
                if ledger.pseudonym(key, value) in entry.pseudonyms:
                    whole = table.account is None
                    found[user_id] = None if whole else found.get(user_id, account_id)
    return list(found.items())


def _note_done(entry: Entry) -> None:
    """The receipt of before the restore, as far as it is still known."""
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
