"""What keeping these promises keeps itself: consents, and the proofs of what was done."""

from privacy.declarations import Declaration, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Source

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
)
