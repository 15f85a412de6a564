"""People's keys in the trail: that each is the one that was made for them, as the chain tells."""

import structlog
from django.contrib.auth import get_user_model
from django.db import connection
from psycopg import sql

from privacy.trail.chain import TrailBroken

log = structlog.get_logger(__name__)

# every key is noted by a trigger when it is made and when it ends (migration 0005); `subject` is the hash that stands
# for its person, and what was made is bound to the person's number
_FAULTS = """
WITH noted AS (
    SELECT subject, max(what) FILTER (WHERE what LIKE 'made for %%') AS made, bool_or(what = 'ended') AS ended
    FROM privacy_accessevent WHERE action = 'key' GROUP BY subject
), held AS (
    SELECT person.id AS person, encode(sha256(key || 'trail'::bytea), 'hex') AS subject,
        'made for ' || encode(sha256(key || convert_to('person' || person.id, 'UTF8')), 'hex') AS made
    FROM {people} AS person LEFT JOIN privacy_subjectkey ON user_id = person.id
)
SELECT count(*) FILTER (WHERE person IS NOT NULL AND held.subject IS NULL) AS without,
    count(*) FILTER (WHERE held.subject IS NOT NULL AND (held.made IS DISTINCT FROM noted.made OR ended)) AS replaced,
    count(*) FILTER (WHERE person IS NULL AND NOT ended) AS lost
FROM held FULL JOIN noted ON held.subject = noted.subject
"""


def verify_keys() -> int:
    """Check that each person holds the key that was made for them; return how many. Raise TrailBroken.

    One who holds another key, or none, no longer finds who looked at their data. A key that is gone without having
    ended was replaced or deleted past the triggers.
    """
    people = get_user_model()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(_FAULTS).format(people=sql.Identifier(people._meta.db_table)))
        without, replaced, lost = cursor.fetchone()
    if without or replaced or lost:
        raise TrailBroken(
            f"Of people's keys {without} are missing, {replaced} are not the ones that were made for their person, and "
            f"{lost} are gone without having ended: these people cannot find all who looked at their data."
        )
    return people._default_manager.count()


def watch_keys() -> bool:
    """Return whether all keys are what the chain tells; log an error if not."""
    try:
        verify_keys()
    except TrailBroken as broken:
        log.error("trail_keys_altered", fault=str(broken))
        return False
    return True
