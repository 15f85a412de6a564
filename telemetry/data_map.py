"""The tables of telemetry, and its keys in Redis."""

from datetime import timedelta

from django.db.models import Q

from privacy.declarations.kinds import Declaration, Expiry, RedisKeys, Subject, Table
from privacy.purposes import Basis, Purpose, Retention, Source
from telemetry.idempotency.services import KEPT
from telemetry.requests.partitions import KEPT_DAYS
from telemetry.requests.pseudonyms import KEYS, pseudonyms_of

WORK = "Bookkeeping of the service itself"
REQUESTS = "How the service answered your requests"
FIGURES = "Figures of the service"
NAMES_NOBODY = "kept: the numbers in it are of rows that are gone, and name nobody"


def _records_of(subject: Subject) -> Q:
    """Match the records of a whole person that can still be told to be theirs: of today and yesterday."""
    return Q(pseudonym__in=pseudonyms_of(subject.user_id) if subject.whole else ())


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "telemetry.IdempotentRequest",
        expires=(Expiry("claimed_at", KEPT),),
        source=Source.POSTCAST,
        category="Answers to your programs that can be repeated",
        purposes=(Purpose.SERVICE,),
        why="To answer a repeated request of your program as the first time, and to do nothing twice; encrypted, as an "
        "answer may hold a new API token",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("24 hours, or until you take back a consent", KEPT),
        person="user",
    ),
    Table(
        "telemetry.OutboxMessage",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="So that no work is lost when a process ends at the wrong moment",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("until it is sent, mostly at once; at most seven days"),
        expires=(Expiry("created_at", timedelta(days=7)),),
        erased=NAMES_NOBODY,
    ),
    Table(
        "telemetry.FailedTask",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="To find out why background work failed, and to do it after all",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("30 days"),
        expires=(Expiry("failed_at", timedelta(days=30)),),
        erased=NAMES_NOBODY,
    ),
    Table(
        "telemetry.RequestRecord",
        category=REQUESTS,
        purposes=(Purpose.SERVICE,),
        why="To see how fast the service answers and where it fails: the kind of page, the status and durations, no "
        "address, no content and no name",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention(
            "90 days; after two days at most nobody can tell any more whose they are", timedelta(days=KEPT_DAYS + 1)
        ),
        found_by=_records_of,
        unstamped="their person cannot be found from them; whole days of the table are dropped",
    ),
    Table(
        "telemetry.Endpoint",
        category=FIGURES,
        purposes=(Purpose.SERVICE,),
        why="The kinds of pages and operations that there are",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("as long as the service"),
    ),
    Table(
        "telemetry.RouteDay",
        category=FIGURES,
        purposes=(Purpose.SERVICE,),
        why="How many requests there were in a day, how long they took and how many failed",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("two years"),
        expires=(Expiry("day", timedelta(days=730)),),
    ),
    RedisKeys(
        KEYS,
        category=FIGURES,
        purposes=(Purpose.SERVICE,),
        basis=Basis.LEGITIMATE_INTEREST,
        exported="not: it concerns nobody",
        why="The key of a day, under which people have a pseudonym in the records of requests",
        retention=Retention("until a day after the day"),
        erased="kept: it concerns nobody, and goes by itself",
    ),
    RedisKeys(
        "cache:1:figures",
        category=FIGURES,
        purposes=(Purpose.SERVICE,),
        basis=Basis.LEGITIMATE_INTEREST,
        exported="not: it concerns nobody",
        why="Figures of the service that monitoring asks for, such as how much work waits",
        retention=Retention("five minutes"),
        erased="kept: it concerns nobody",
    ),
    RedisKeys(
        "cache:1:tries:",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        basis=Basis.LEGITIMATE_INTEREST,
        exported="not: it concerns nobody",
        why="How often a task was tried, so that one that never works is not tried for ever",
        retention=Retention("until it worked, at most a day"),
        erased="kept: it concerns nobody",
    ),
)
