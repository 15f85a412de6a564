"""The tables of privacy, Redis keys and messages, and files outside of the database."""

from datetime import timedelta

from django.conf import settings

from privacy.declarations.kinds import Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

TRAIL = "Who looked at your data or changed it, when and why"
ERASURES = "Erasures that you asked for, while they wait or run"
WORK = "Bookkeeping of the service itself"
LOGS = "Logs of the service: what it did and when, and which errors there were"
BACKUPS = "Backups of all that stands in the database"
EXPORTS = "Copies of your data that you asked for"
SEVEN_DAYS = Retention("seven days after it is ready, or until a later copy is", timedelta(days=8))
REMINDER = "On which day somebody last signed in with your browser"
CONSENTS = "What you agreed to, in which words and when, and what you took back"


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "privacy.Consent",
        source=Source.PERSON,
        category=CONSENTS,
        purposes=(Purpose.SERVICE,),
        why="To do only what you agreed to, and to be able to prove it",
        basis=Basis.LEGAL_OBLIGATION,
        retention=WHILE_ACTIVE,
        person="user",
    ),
    Table(
        "privacy.SubjectKey",
        source=Source.POSTCAST,
        category=TRAIL,
        purposes=(Purpose.SERVICE,),
        why="So that the list of who looked at your data can be yours while you are here, and nobody's after",
        basis=Basis.LEGAL_OBLIGATION,
        retention=WHILE_ACTIVE,
        person="user",
    ),
    Table(
        "privacy.Erasure",
        category=ERASURES,
        purposes=(Purpose.SERVICE,),
        why="To erase what you asked to have erased, even when something fails, and to prove that it was done",
        basis=Basis.LEGAL_OBLIGATION,
        retention=Retention("until it is done or cancelled; then only a receipt is kept, which names nobody"),
        person="user_id",
        unstamped="its rows outlive their person and lose what concerns them; why, through what and when stand in it",
        erased="emptied of the person: what remains is the receipt",
    ),
    Table(
        "privacy.DataExport",
        expires=(Expiry("expires_at", timedelta(days=0)),),
        source=Source.PERSON,
        category=EXPORTS,
        purposes=(Purpose.SERVICE,),
        why="To give you a copy of all that is kept of you",
        basis=Basis.LEGAL_OBLIGATION,
        retention=SEVEN_DAYS,
        person="user",
    ),
    Table(
        "privacy.ExportPart",
        source=Source.POSTCAST,
        category=EXPORTS,
        purposes=(Purpose.SERVICE,),
        why="The copy itself, encrypted",
        basis=Basis.LEGAL_OBLIGATION,
        retention=SEVEN_DAYS,
        person="export__user",
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
        erased="kept: with the person's key destroyed it names nobody",
    ),
    Messages("privacy.export.tasks.make_export", "privacy.DataExport"),
    Messages("privacy.retention.tasks.extend_retention", settings.AUTH_USER_MODEL),
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
        " of each container, `make run` those of its last start; elsewhere their collector says how long",
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
        retention=Retention("as long as the operator of this service keeps them"),
        personal=True,
        exported="not: what stands in them is what stood in the tables, which are in the copy",
        erased="not changed: before a restored one serves, everybody in the ledger is erased from it again",
    ),
    Files(
        "PostgreSQL's log of changes (`pg_wal`), and dead rows in its tables",
        category=BACKUPS,
        why="So that what was written is there after a crash: the database writes each change here first",
        retention=Retention(
            "until PostgreSQL reuses their space: the log after later checkpoints, within `max_wal_size` (1 GB unless"
            " set) of newer changes; rows of a table once a fifth of it has changed (autovacuum)"
        ),
        personal=True,
        exported="not: what stands in them is what stood in the tables, which are in the copy",
        erased="not overwritten at once: no query finds erased rows there, whoever reads the disk can. docs/runbook.md"
        " says how an operator clears both, and how to keep less",
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
        "cache:1:trail-anchors-awaited",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        basis=Basis.LEGAL_OBLIGATION,
        exported="not: it concerns nobody",
        why="Since when heads of the access trail are written down elsewhere, so that none is missed before it was due",
        retention=Retention("until the service is started anew"),
        erased="kept: it concerns nobody",
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
