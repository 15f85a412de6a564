"""REST view of an account's track record."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.outcomes.selectors import account_track_record
from predictions.outcomes.serializers import TrackRecordSerializer


@extend_schema(tags=["accounts"])
class AccountTrackRecordView(View):
    required_scopes = FORECASTS

    @extend_schema(responses=TrackRecordSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Compare the account's forecasts with its moving average, with a sentence for its creator."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        return Response(TrackRecordSerializer(account_track_record(account.pk)).data)
