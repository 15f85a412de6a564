"""Exports that are made or can be fetched."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from privacy.models import AccessEvent, DataExport
from privacy.trail.services import record

if TYPE_CHECKING:
    from django.db.models import QuerySet


def exports_of(user_id: int) -> "QuerySet[DataExport]":
    """Return the person's exports that are being made or can still be fetched, newest first."""
    not_expired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return DataExport.objects.filter(not_expired, user=user_id).order_by("-pk")


def archive_of(export: DataExport) -> Iterator[bytes]:
    """Return the archive, piece by piece; recorded in the trail before the first is read."""
    record(action=AccessEvent.Action.EXPORT, subjects=[export.user_id], what="export fetched")
    return (part.content() for part in export.parts.order_by("number").iterator(chunk_size=1))
