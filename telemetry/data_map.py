"""Declarations of telemetry: answers that are kept to be repeated."""

from privacy.declarations.kinds import Declaration, Expiry, Table
from privacy.purposes import Basis, Purpose, Retention, Source
from telemetry.idempotency.services import KEPT

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
)
