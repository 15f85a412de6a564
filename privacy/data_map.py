"""What keeping these promises keeps itself: consents, and the proofs of what was done."""

from privacy.declarations import Declaration, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

TRAIL = "Who looked at your data or changed it, when and why"
CONSENTS = "What you agreed to, in which words and when, and what you took back"

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
        personal={"user_id": "The person", "key": "Whether a key is held"},
        exported={"key": lambda row: "held"},
    ),
    Table(
        "privacy.AccessEvent",
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
            "subject": "the person, by a hash under a key that is destroyed when they are erased",
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
)
