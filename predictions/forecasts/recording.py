"""Storing a forecast: one statement asks for consent and locks it, writes the row, and writes the trail's event."""

from functools import cache
from typing import Any

from django.db import connection, models, transaction

from config.prepared import execute_prepared
from predictions.models import Prediction
from privacy.consent.selectors import NoConsent
from privacy.models import AccessEvent
from privacy.purposes import Purpose
from privacy.texts import current_text
from privacy.trail.acting import add_recorded
from privacy.trail.services import INSERT, event_parameters

# The consents' own rows are locked: a withdrawal that was quicker is waited for, and its row then no longer matches;
# one that comes later waits until the forecast is stored, and takes it along.
_STATEMENT = """
WITH agreed AS (
    SELECT purpose, version FROM privacy_consent
    WHERE user_id = %s::bigint AND withdrawn_at IS NULL
        AND (purpose, version, text_fingerprint) IN ((%s, %s::int, %s), (%s, %s::int, %s))
    ORDER BY id FOR NO KEY UPDATE
), stored AS (
    INSERT INTO {table} ({columns}, caption, consent_version)
    SELECT {values}, CASE WHEN EXISTS (SELECT 1 FROM agreed WHERE purpose = %s) THEN %s::text ELSE '' END,
        purpose || ':' || version
    FROM agreed WHERE purpose = %s
    RETURNING id, caption, consent_version
), event AS ({event} AND EXISTS (SELECT 1 FROM stored))
SELECT id, caption, consent_version FROM stored
"""


def store(prediction: Prediction, *, user_id: int, text: str) -> None:
    """Store a forecast for the person; the row has the text where they keep drafts.

    Raises NoConsent, and stores nothing, where the person does not agree to forecasts.
    """
    agreed: list[Any] = [user_id]
    for purpose in (Purpose.SERVICE, Purpose.DRAFTS):
        wording = current_text(purpose)
        agreed += [purpose.value, wording.version, wording.fingerprint]
    values = [field.get_db_prep_save(field.pre_save(prediction, True), connection) for field in _fields()]
    event = event_parameters(AccessEvent.Action.CHANGE, [user_id], "a forecast")
    rows = execute_prepared(_statement(), [*agreed, *values, Purpose.DRAFTS.value, text, Purpose.SERVICE.value, *event])
    if not rows:
        raise NoConsent(Purpose.SERVICE)
    [(prediction.pk, prediction.caption, prediction.consent_version)] = rows
    prediction._state.adding = False
    transaction.on_commit(lambda: add_recorded(frozenset([user_id])))


@cache
def _fields() -> "tuple[models.Field[Any, Any], ...]":
    """Return the columns whose values are known before the statement runs."""
    within = {Prediction._meta.pk.name, "caption", "consent_version"}
    return tuple(field for field in Prediction._meta.concrete_fields if field.name not in within)


@cache
def _statement() -> str:
    quote, columns = connection.ops.quote_name, [field.column for field in _fields()]
    return _STATEMENT.format(
        table=quote(Prediction._meta.db_table),
        columns=", ".join(map(quote, columns)),
        values=", ".join(["%s"] * len(columns)),
        event=INSERT,
    )
