"""Reading the access trail."""

import hashlib

from django.db.models import QuerySet

from privacy.models import AccessEvent, SubjectKey


def everybody() -> list[int]:
    """Return the primary keys of everybody who appears in the trail and was not erased."""
    return list(SubjectKey.objects.values_list("user_id", flat=True))


def pseudonym_of(user_id: int) -> str | None:
    """Return the hash that stands for the person in the trail; None once they were erased."""
    key = SubjectKey.objects.filter(pk=user_id).values_list("key", flat=True).first()
    return hashlib.sha256(bytes(key) + b"trail").hexdigest() if key else None


def events_about(user_id: int, *, by_others: bool) -> QuerySet[AccessEvent]:
    """Return the events about a person, newest first, but for those of the key; without their own where `by_others`."""
    pseudonym = pseudonym_of(user_id)
    # not a filter by the empty subject of events about nobody in particular
    events = AccessEvent.objects.filter(subject=pseudonym) if pseudonym else AccessEvent.objects.none()
    events = events.exclude(action=AccessEvent.Action.KEY).order_by("-pk")
    return events.exclude(actor_kind=AccessEvent.Actor.PERSON) if by_others else events
