"""The tables of telemetry, and its keys in Redis."""

from datetime import timedelta

from privacy.declarations.kinds import Declaration, Expiry, RedisKeys, Table
from privacy.purposes import Basis, Purpose, Retention, Source
from telemetry.idempotency.services import KEPT

WORK = "Bookkeeping of the service itself"
NAMES_NOBODY = "kept: the numbers in it are of rows that are gone, and name nobody"

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
