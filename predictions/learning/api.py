"""REST view of an account's weights."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics

from predictions.learning.selectors import weights_of
from predictions.learning.serializers import AccountWeightsSerializer
from predictions.models import AccountWeights


@extend_schema(tags=["accounts"])
class AccountWeightsView(generics.RetrieveAPIView[AccountWeights]):
    """The weights learned of an account; 404 while there are none."""

    serializer_class = AccountWeightsSerializer
    lookup_field = "account__public_id"
    lookup_url_kwarg = "public_id"

    def get_queryset(self) -> QuerySet[AccountWeights]:
        return weights_of(self.request.user)  # type: ignore[arg-type]
