"""REST views of TikTok accounts: each person sees their own, any other answers 404."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets

from accounts.linked import selectors
from accounts.linked.serializers import AccountSerializer
from accounts.models import TikTokAccount


@extend_schema(tags=["accounts"])
class AccountViewSet(viewsets.ReadOnlyModelViewSet[TikTokAccount]):
    """The person's TikTok accounts."""

    serializer_class = AccountSerializer
    queryset = TikTokAccount.objects.none()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[TikTokAccount]:
        return selectors.accounts_of(self.request.user)  # type: ignore[arg-type]
