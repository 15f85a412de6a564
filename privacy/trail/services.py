"""Recording who read or changed whose data.

An event is written in the caller's transaction, so that a change and its event are committed together or not at all.
The database chains the events, one writer at a time until its commit: record late in a transaction.

A person appears in the trail as a hash under a key of their own (`SubjectKey`). Once the key is gone, nobody can tell
whose events they were, and the chain still holds.
"""

import secrets
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from privacy.anonymity.blanking import blank_identities
from privacy.models import AccessEvent, SubjectKey
from privacy.trail.acting import add_recorded, current_actor, reference

KEY_BYTES = 32

_INSERT = """
INSERT INTO privacy_accessevent (position, at, actor_kind, actor, subject, action, what, through, why, reference,
    previous, hash)
SELECT 0, now(), %s, %s, encode(sha256(key || 'trail'::bytea), 'hex'), %s, %s, %s, %s, %s, '', ''
FROM privacy_subjectkey WHERE user_id = ANY(%s) ORDER BY user_id
"""


def record(*, action: AccessEvent.Action, subjects: Collection[int], what: str, why: str = "") -> None:
    """Write one event for each of the people (primary keys), in one statement; none for people who were erased."""
    if not subjects:
        return
    actor = current_actor()
    # an event is never deleted: it must not hold anything that names somebody once their key is gone
    what, why = blank_identities(what), blank_identities(why or actor.why)
    event = [actor.kind, _cut("actor", actor.name), action, _cut("what", what), actor.through, _cut("why", why)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*event, _cut("reference", reference()), list(subjects)])
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


def _cut(column: str, text: str) -> str:
    [field] = [each for each in AccessEvent._meta.concrete_fields if each.name == column]
    return text[: field.max_length]
