"""What keeping these promises keeps itself: consents, and the proofs of what was done."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Model

from privacy import erasing, exporting
from privacy.declarations import Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.models import ExportPart
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

TRAIL = "Who looked at your data or changed it, when and why"
ERASURES = "Erasures that you asked for, while they wait or run"
WORK = "Bookkeeping of the service itself"
LOGS = "Logs of the service: what it did and when, and which errors there were"
BACKUPS = "Backups of all that stands in the database"
EXPORTS = "Copies of your data that you asked for"
SEVEN_DAYS = Retention("seven days after it is ready", timedelta(days=8))
REMINDER = "On which day somebody last signed in with your browser"
CONSENTS = "What you agreed to, in which words and when, and what you took back"


def _held(row: Model) -> str:
    return "held"


def _sealed(row: Model) -> str:
    return "sealed"


def _bytes(row: Model) -> int:
    assert isinstance(row, ExportPart)
    return len(row.sealed)


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "privacy.Consent",
        source=Source.PERSON,
        made_by=("privacy.consent",),
        category=CONSENTS,
        purposes=(Purpose.SERVICE,),
        why="To do only what you agreed to, and to be able to prove it",
        basis=Basis.LEGAL_OBLIGATION,
        retention=WHILE_ACTIVE,
        person="user",
        personal={
            "user_id": "The person",
            "purpose": "For what",
            "version": "Which version of the text",
            "text_fingerprint": "A fingerprint of that text",
            "given_at": "When it was given",
            "given_through": "Through which way in",
            "withdrawn_at": "When it ended; empty while it is in force",
            "withdrawn_through": "Through which way it was ended",
        },
        plain={"id": "key"},
    ),
    Table(
        "privacy.SubjectKey",
        source=Source.POSTCAST,
        made_by=("privacy.trail",),
        category=TRAIL,
        purposes=(Purpose.SERVICE,),
        why="So that the list of who looked at your data can be yours while you are here, and nobody's after",
        basis=Basis.LEGAL_OBLIGATION,
        retention=WHILE_ACTIVE,
        person="user",
        personal={
            "user_id": "The person",
            "key": "Whether a key is held: whoever had it could find you in the trail after you are gone",
        },
        exported={"key": _held},
    ),
    Table(
        "privacy.Erasure",
        sealed={"sealed_identifiers": erasing.place_of},
        category=ERASURES,
        purposes=(Purpose.SERVICE,),
        why="To erase what you asked to have erased, even when something fails, and to prove that it was done",
        basis=Basis.LEGAL_OBLIGATION,
        retention=Retention("until it is done or cancelled; then only a receipt is kept, which names nobody"),
        person="user_id",
        unstamped="its rows outlive their person and lose what concerns them; why, through what and when stand in it",
        personal={
            "user_id": "The person; emptied once it is done",
            "account_ids": "The accounts; emptied once it is done",
            "reason": "Why",
            "through": "Through which way in it was asked for",
            "requested_at": "When it was asked for",
            "due_at": "When it begins",
            "sealed_identifiers": "What is looked for afterwards, encrypted; emptied once it is done",
        },
        plain={
            "id": "key",
            "public_id": "number of the receipt",
            "whole": "the person with everything, or one account",
            "state": "waiting, running, done or cancelled",
            "steps_done": "how far it is",
            "claim": "the worker that holds it",
            "heartbeat_at": "sign of life of the worker",
            "attempts": "how often it was claimed since the last progress",
            "pseudonyms": "what identified the person, under the ledger's key, which is outside of the database",
            "told_tiktok": "whether TikTok confirmed the end of its access",
            "counts": "rows deleted, by category",
            "left": "where something was still found",
            "verified_at": "when it was verified",
            "finished_at": "when it was done",
        },
        exported={"sealed_identifiers": _sealed},
        erased="emptied of the person: what remains is the receipt",
    ),
    Table(
        "privacy.DataExport",
        expires=(Expiry("expires_at", timedelta(days=0)),),
        source=Source.PERSON,
        made_by=("privacy.exporting",),
        category=EXPORTS,
        purposes=(Purpose.SERVICE,),
        why="To give you a copy of all that is kept of you",
        basis=Basis.LEGAL_OBLIGATION,
        retention=SEVEN_DAYS,
        person="user",
        personal={
            "public_id": "The number of the copy",
            "user_id": "The person",
            "state": "Whether it is being made, is ready or failed",
            "requested_at": "When you asked for it",
            "ready_at": "When it was ready",
            "expires_at": "When it is deleted",
            "size": "Bytes of the archive",
        },
        plain={
            "id": "key",
            "claim": "the worker that holds it",
            "heartbeat_at": "sign of life of the worker",
            "attempts": "how often it was begun",
        },
    ),
    Table(
        "privacy.ExportPart",
        sealed={"sealed": exporting.place_of},
        source=Source.POSTCAST,
        made_by=("privacy.exporting",),
        category=EXPORTS,
        purposes=(Purpose.SERVICE,),
        why="The copy itself, encrypted",
        basis=Basis.LEGAL_OBLIGATION,
        retention=SEVEN_DAYS,
        person="export__user",
        personal={"export_id": "The copy", "number": "Which part of it", "sealed": "How many bytes it has, encrypted"},
        plain={"id": "key"},
        exported={"sealed": _bytes},
    ),
    Files(
        "a cookie in your browser, last-sign-in",
        category=REMINDER,
        why="So that pages can warn you from the ninth month on, when you are not signed in any more",
        retention=Retention("in your browser, for a year after the last sign-in with it"),
        personal=True,
        erased="yours to delete: it is in your browser alone, and says the day and nothing of who you are",
        exported="not: you have it",
    ),
    Table(
        "privacy.RetentionRun",
        expires=(Expiry("started_at", timedelta(days=90)),),
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To see that what is promised to be deleted is deleted",
        basis=Basis.LEGAL_OBLIGATION,
        retention=Retention("90 days"),
        plain={
            "id": "key",
            "rule": "which rule",
            "started_at": "when it began",
            "finished_at": "when it was done",
            "removed": "how much it removed, or how many erasures it asked for",
            "error": "the name of the error, where it failed",
        },
        erased="kept: it names nobody",
    ),
    Table(
        "privacy.AccessEvent",
        append_only=True,
        category=TRAIL,
        purposes=(Purpose.SERVICE,),
        why="To prove who read or changed whose data",
        basis=Basis.LEGAL_OBLIGATION,
        retention=Retention("kept; it names nobody once the person's key is gone"),
        plain={
            "id": "key",
            "position": "where in the chain",
            "at": "when",
            "actor_kind": "the person, staff, a task, a command or TikTok",
            "actor": "the member of staff, the task or the command",
            "subject": "the person, by a hash under a key that goes with them; empty for a run over everybody at once",
            "action": "read, changed, exported, erased or consent",
            "what": "which data",
            "through": "page, API, admin, task, command or webhook",
            "why": "the reason that staff gave",
            "reference": "the request or task, as the logs name it",
            "previous": "the hash before",
            "hash": "the hash of all that",
        },
        erased="kept: with the person's key destroyed it names nobody",
    ),
    Messages("privacy.tasks.make_export", "privacy.DataExport"),
    Messages("privacy.tasks.extend_retention", settings.AUTH_USER_MODEL),
    Files(
        "log lines, on stderr",
        category=LOGS,
        why="To find out why something failed. Accounts, posts and forecasts stand in them by keyed hashes and by"
        " numbers of rows; names, texts and addresses are not logged, though an error may quote one. Lines of the"
        " ledger of erasures stand in them too, should it be lost",
        retention=Retention(
            "until newer lines take their place: the latest 100 MB of each process, not a number of days"
        ),
        personal=True,
        exported="not: lines of many people, by hashes and numbers that only a search through all of them could gather",
        erased="not searched; hashes and numbers lead nowhere once the rows are gone. `docker-compose.yml` keeps 100 MB"
        " of each container, `make run` those of its last start; elsewhere whoever collects them says how long",
    ),
    Files(
        "the ledger of erasures (`ERASURE_LEDGER_PATH`)",
        category=ERASURES,
        why="So that a restored backup brings nobody back",
        retention=Retention("a line of the ledger: kept, as long as there may be backups from before"),
        personal=True,
        basis=Basis.LEGAL_OBLIGATION,
        exported="not: it has lines only of people who are erased",
        where="ERASURE_LEDGER_PATH",
        erased="kept: it proves the erasure. Ids and names stand in it as keyed hashes; who holds the file can confirm"
        " a guess",
    ),
    Files(
        "backups of the database",
        category=BACKUPS,
        why="To go on after a disk is lost",
        retention=Retention("as long as whoever runs this service keeps them"),
        personal=True,
        exported="not: what stands in them is what stood in the tables, which are in the copy",
        erased="not changed: before a restored one serves, everybody in the ledger is erased from it again",
    ),
    Files(
        "Redis's file",
        category=WORK,
        why="So that work that waits survives a restart: the keys above, as they were written",
        retention=Retention("until Redis writes it anew, once it has doubled and 64 MB"),
        personal=True,
        exported="not: it holds the keys above, for moments",
        erased="keys are deleted; the file tells of them until it is written anew",
    ),
    Files(
        "anchors of the access trail (`TRAIL_ANCHOR_PATH`)",
        category=TRAIL,
        why="To prove that the access trail was not cut or written anew",
        retention=Retention("kept"),
        basis=Basis.LEGAL_OBLIGATION,
        exported="not: it concerns nobody",
        where="TRAIL_ANCHOR_PATH",
        erased="kept: positions and hashes, which name nobody",
    ),
    Files(
        "figures for monitoring (`PROMETHEUS_MULTIPROC_DIR`), and when beat last sent what",
        category=WORK,
        why="So that every process can tell the figures of all, and nothing is sent twice",
        retention=Retention("until the service is started anew"),
        exported="not: it concerns nobody",
        where="PROMETHEUS_MULTIPROC_DIR",
        erased="kept: counts and durations, which name nobody",
    ),
    RedisKeys(
        "cache:1:trail-anchored",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        basis=Basis.LEGAL_OBLIGATION,
        exported="not: it concerns nobody",
        why="When the head of the access trail was last written down elsewhere, so that its absence is noticed",
        retention=Retention("until the next hour"),
        erased="kept: it concerns nobody",
    ),
)
