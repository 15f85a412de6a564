"""REST view of an account's weights."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema

from config.api.scopes import FORECASTS
from config.api.views import RetrieveView
from predictions.learning.selectors import weights_of
from predictions.learning.serializers import AccountWeightsSerializer
from predictions.models import AccountWeights


@extend_schema(tags=["accounts"])
class AccountWeightsView(RetrieveView[AccountWeights]):
    """The weights learned of an account; 404 while there are none."""

    required_scopes = FORECASTS
    serializer_class = AccountWeightsSerializer
    lookup_field = "account__public_id"
    lookup_url_kwarg = "public_id"

    def get_queryset(self) -> QuerySet[AccountWeights]:
        return weights_of(self.request.user)  # type: ignore[arg-type]
