"""After a restore: the erasures that the backup does not know of are done again before anybody is let in."""

from django.apps import apps
from django.utils import timezone

from privacy import erasing, ledger
from privacy.declarations import tables
from privacy.ledger import Entry
from privacy.models import Erasure, Through


def unknown_erasures() -> list[Entry]:
    """Erasures of the ledger that the database does not know to be done: those since the backup was made."""
    entries = ledger.entries()
    done = Erasure.objects.filter(state=Erasure.State.DONE, public_id__in=[entry.erasure for entry in entries])
    known = set(done.values_list("public_id", flat=True))
    return [entry for entry in entries if entry.erasure not in known]


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
    found: dict[int, int | None] = {}
    for table in tables():
        for column in table.identifying:
            rows = apps.get_model(table.model)._base_manager.exclude(**{column: ""})
            for value, user_id, account_id in rows.values_list(column, table.person, table.account or table.person):
                if ledger.pseudonyms_of([value]) & entry.pseudonyms:
                    whole = table.account is None
                    found[user_id] = None if whole else found.get(user_id, account_id)
    return list(found.items())


def _note_done(entry: Entry) -> None:
    """The receipt of before the restore, as far as it is still known."""
    Erasure.objects.update_or_create(
        public_id=entry.erasure,
        defaults={"state": Erasure.State.DONE, "user_id": None, "account_ids": [], "sealed_identifiers": b""},
        create_defaults={
            "state": Erasure.State.DONE,
            "whole": True,
            "reason": Erasure.Reason.REPLAY,
            "through": Through.SHELL,
            "due_at": timezone.now(),
            "finished_at": timezone.now(),
        },
    )
