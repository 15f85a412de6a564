"""REST views of the access trail."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics

from privacy.models import AccessEvent
from privacy.people import person_of
from privacy.trail import selectors
from privacy.trail.serializers import AccessEventSerializer


@extend_schema(tags=["privacy"], parameters=[OpenApiParameter("own", bool, description="Their own visits as well.")])
class AccessListView(generics.ListAPIView[AccessEvent]):
    """Reads and changes of the person's data, newest first."""

    serializer_class = AccessEventSerializer
    queryset = AccessEvent.objects.none()

    def get_queryset(self) -> QuerySet[AccessEvent]:
        with_own = self.request.query_params.get("own") == "true"
        return selectors.events_about(person_of(self.request), by_others=not with_own)
