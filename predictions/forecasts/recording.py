"""Storing a forecast: one statement asks for consent and locks it, writes the row, and writes the trail's event."""

from functools import cache
from typing import Any

from django.db import connection, models

from config.postgres.prepared import prepared_cursor
from predictions.models import Prediction
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.texts import current_text
from privacy.trail.services import INSERT_EVENTS, event_parameters, note_recorded

# The consents' own rows are locked: a withdrawal that was quicker is waited for, and its row then no longer matches;
# one that comes later waits until the forecast is stored, and takes it along.
_STATEMENT = """
WITH agreed AS (
    SELECT purpose, version FROM privacy_consent
    WHERE user_id = %(person)s::bigint AND withdrawn_at IS NULL
        AND (purpose, version, text_fingerprint) IN (
            (%(service)s, %(service_version)s::int, %(service_words)s),
            (%(drafts)s, %(drafts_version)s::int, %(drafts_words)s)
        )
    ORDER BY id FOR NO KEY UPDATE
), stored AS (
    INSERT INTO {table} ({columns}, caption, consent_version)
    SELECT {values},
        CASE WHEN EXISTS (SELECT 1 FROM agreed WHERE purpose = %(drafts)s) THEN %(caption)s::text ELSE '' END,
        purpose || ':' || version
    FROM agreed WHERE purpose = %(service)s
    RETURNING id, caption, consent_version
), event AS ({event})
SELECT id, caption, consent_version FROM stored
"""


def store(prediction: Prediction, *, user_id: int, text: str) -> None:
    """Store a forecast for the person; the row has the text where they keep drafts.

    Raises NoConsent, and stores nothing, where the person does not agree to forecasts.
    """
    values: dict[str, Any] = {"person": user_id, "caption": text}
    for name, purpose in (("service", Purpose.SERVICE), ("drafts", Purpose.DRAFTS)):
        wording = current_text(purpose)
        values |= {name: purpose.value, f"{name}_version": wording.version, f"{name}_words": wording.fingerprint}
    for field in _fields():
        values[f"column_{field.column}"] = field.get_db_prep_save(field.pre_save(prediction, True), connection)
    values |= event_parameters(action=AccessEvent.Action.CHANGE, subjects=[user_id], what="a forecast")
    with prepared_cursor() as cursor:
        cursor.execute(_statement(), values)
        row = cursor.fetchone()
    if row is None:
        raise NoConsent(Purpose.SERVICE)
    prediction.pk, prediction.caption, prediction.consent_version = row
    prediction._state.adding = False
    note_recorded([user_id])


@cache
def _fields() -> "tuple[models.Field[Any, Any], ...]":
    """Return the columns whose values are known before the statement runs."""
    within = {Prediction._meta.pk.name, "caption", "consent_version"}
    return tuple(field for field in Prediction._meta.concrete_fields if field.name not in within)


@cache
def _statement() -> str:
    quote, columns = connection.ops.quote_name, [str(field.column) for field in _fields()]
    # no event of a forecast that is not stored
    event = INSERT_EVENTS.replace("WHERE ", "WHERE EXISTS (SELECT 1 FROM stored) AND ")
    return _STATEMENT.format(
        table=quote(Prediction._meta.db_table),
        columns=", ".join(map(quote, columns)),
        values=", ".join(f"%(column_{column})s" for column in columns),
        event=event,
    )
