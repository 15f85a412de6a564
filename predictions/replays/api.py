"""REST view of an account's replay."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema

from config.api.scopes import FORECASTS
from config.api.views import RetrieveView
from predictions.models import AccountReplay
from predictions.replays.selectors import replays_of
from predictions.replays.serializers import AccountReplaySerializer


@extend_schema(tags=["accounts"])
class AccountReplayView(RetrieveView[AccountReplay]):
    """The account's last posts, forecast as they would have been before publishing; 404 while there is no replay."""

    required_scopes = FORECASTS
    serializer_class = AccountReplaySerializer
    lookup_field = "account__public_id"
    lookup_url_kwarg = "public_id"

    def get_queryset(self) -> QuerySet[AccountReplay]:
        return replays_of(self.request.user)  # type: ignore[arg-type]
