"""REST view of an account's insights."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.insights.serializers import InsightsSerializer
from predictions.insights.services import account_insights


@extend_schema(tags=["accounts"])
class AccountInsightsView(View):
    required_scopes = FORECASTS

    @extend_schema(responses=InsightsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return what the account's posts tell of its habits, how sure that is, and how the account stands."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        told = account_insights(user=request.user, account=account)  # type: ignore[arg-type]
        return Response(InsightsSerializer(told).data)
