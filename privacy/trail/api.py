"""REST views of the access trail."""

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError

from config.api.scopes import PRIVACY
from config.api.views import ListView
from privacy.models import AccessEvent
from privacy.people import person_of
from privacy.trail import selectors
from privacy.trail.serializers import AccessEventSerializer


@extend_schema(tags=["privacy"], parameters=[OpenApiParameter("own", bool, description="Their own visits as well.")])
class AccessListView(ListView[AccessEvent]):
    """Reads and changes of the person's data, newest first."""

    required_scopes = PRIVACY
    query_parameters = {"GET": ("own",), "HEAD": ("own",)}
    serializer_class = AccessEventSerializer
    queryset = AccessEvent.objects.none()

    def get_queryset(self) -> QuerySet[AccessEvent]:
        own = self.request.query_params.get("own", "false")
        if own not in ("true", "false"):
            raise ValidationError({"own": "This is no boolean; expected true or false."})
        return selectors.events_about(person_of(self.request), by_others=own == "false")
