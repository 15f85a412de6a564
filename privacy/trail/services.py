"""Recording who read or changed whose data.

An event is written in the caller's transaction, so that a change and its event are committed together or not at all.
No writer waits for another: the database chains what was committed once a minute (`privacy.trail.chain.seal`).

Who writes by one statement of their own records in the same one:

    sql = f"WITH event AS ({INSERT_EVENTS}) INSERT INTO ... "
    cursor.execute(sql, {**event_parameters(action=..., subjects=[7], what="a forecast"), ...})
    note_recorded([7])

A person appears in the trail as a hash under a key of their own (`SubjectKey`). Once the key is gone, nobody can tell
whose events they were, and the chain still holds.
"""

import secrets
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from config.postgres.prepared import prepared_cursor
from privacy.anonymity.blanking import blank_identities
from privacy.models import AccessEvent, SubjectKey
from privacy.trail.acting import add_recorded, current_actor, reference

KEY_BYTES = 32

INSERT_EVENTS = """
INSERT INTO privacy_accessevent (at, actor_kind, actor, subject, action, what, through, why, reference, previous, hash)
SELECT now(), %(event_actor_kind)s::text, %(event_actor)s::text, encode(sha256(key || 'trail'::bytea), 'hex'),
    %(event_action)s::text, %(event_what)s::text, %(event_through)s::text, %(event_why)s::text,
    %(event_reference)s::text, '', ''
FROM privacy_subjectkey WHERE user_id = ANY(%(event_subjects)s::bigint[]) ORDER BY user_id
"""
"""One event for each of the people; its parameters come from `event_parameters`."""

_LONGEST = {field.name: field.max_length for field in AccessEvent._meta.concrete_fields}


def record(*, action: AccessEvent.Action, subjects: Collection[int], what: str, why: str = "") -> None:
    """Write one event for each of the people (primary keys), in one statement; none for people who were erased."""
    if not subjects:
        return
    with prepared_cursor() as cursor:
        cursor.execute(INSERT_EVENTS, event_parameters(action=action, subjects=subjects, what=what, why=why))
    note_recorded(subjects)


def event_parameters(
    *, action: AccessEvent.Action, subjects: Collection[int], what: str, why: str = ""
) -> dict[str, Any]:
    """Return the parameters of `INSERT_EVENTS`, all named `event_...`: who acts now does `action` to the people."""
    actor = current_actor()
    return {
        "event_actor_kind": actor.kind.value,
        "event_actor": _cut("actor", actor.name),
        "event_action": action.value,
        "event_what": _cut("what", _blanked(what)),
        "event_through": actor.through.value,
        "event_why": _cut("why", _blanked(why or actor.why)),
        "event_reference": _cut("reference", reference()),
        "event_subjects": list(subjects),
    }


def note_recorded(subjects: Collection[int]) -> None:
    """Note that events of these people were written: the request's own event leaves them out, once this commits."""
    # an event that is rolled back was not recorded
    transaction.on_commit(lambda: add_recorded(frozenset(subjects)))


def record_run(*, what: str, people: int) -> None:
    """Write one event, about nobody in particular, for a run of the service over so many people at once.

    An event for each of them every hour would bury everything else in the trail.
    """
    actor = current_actor()
    AccessEvent.objects.create(
        at=timezone.now(),
        actor_kind=actor.kind,
        actor=_cut("actor", actor.name),
        action=AccessEvent.Action.READ,
        what=f"{what}, of {people} people at once",
        through=actor.through,
        reference=_cut("reference", reference()),
    )


def touch(request: HttpRequest, people: Iterable[int]) -> None:
    """Note that the answer to the request shows these people's data; the middleware records it before it is sent."""
    shown: set[int] = request.__dict__.setdefault("shown_people", set())
    shown.update(people)


def note_change(request: HttpRequest) -> None:
    """Note that staff changed something with the request, rather than having looked or been refused."""
    request.__dict__["changed_by_staff"] = True


def changed(request: HttpRequest) -> bool:
    """Return whether staff changed something with the request."""
    return bool(request.__dict__.get("changed_by_staff"))


def make_key(*, user_id: int) -> None:
    """Give a new person the key under which they appear in the trail."""
    SubjectKey.objects.get_or_create(user_id=user_id, defaults={"key": secrets.token_bytes(KEY_BYTES)})


@lru_cache(maxsize=256)
def _blanked(text: str) -> str:
    """Return the text without what names somebody: an event is never deleted, and its person's key may be gone."""
    return blank_identities(text)


def _cut(column: str, text: str) -> str:
    return text[: _LONGEST[column]]
