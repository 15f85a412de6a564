"""REST views of TikTok accounts: each person sees their own, any other answers 404."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.serializers import BaseSerializer

from accounts.linked import selectors
from accounts.linked.serializers import AccountSerializer
from accounts.linked.services import choose_time_zone
from accounts.models import TikTokAccount
from config.api.scopes import ACCOUNT
from config.api.views import View


@extend_schema(tags=["accounts"])
class AccountViewSet(View, mixins.UpdateModelMixin, viewsets.ReadOnlyModelViewSet[TikTokAccount]):
    """The person's TikTok accounts. Only the time zone can be changed."""

    required_scopes = ACCOUNT
    http_method_names = ["get", "head", "options", "patch"]

    serializer_class = AccountSerializer
    queryset = TikTokAccount.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "slug"

    def get_queryset(self) -> QuerySet[TikTokAccount]:
        return selectors.accounts_of(self.request.user)  # type: ignore[arg-type]

    def perform_update(self, serializer: BaseSerializer[TikTokAccount]) -> None:
        account = serializer.instance
        assert account is not None
        if "time_zone" in serializer.validated_data:
            choose_time_zone(account_id=account.pk, name=serializer.validated_data["time_zone"])
            account.refresh_from_db(fields=["time_zone"])
