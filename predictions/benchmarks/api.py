"""REST view of the benchmark of an account's size."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.linked.selectors import accounts_of
from config.api.scopes import FORECASTS
from config.api.views import View
from predictions.benchmarks.selectors import benchmark_of
from predictions.benchmarks.serializers import BenchmarkSerializer


@extend_schema(tags=["accounts"])
class AccountBenchmarkView(View):
    required_scopes = FORECASTS

    @extend_schema(responses=BenchmarkSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the usual figures of accounts of this one's size; 404 while there are too few of them."""
        account = get_object_or_404(accounts_of(request.user), public_id=public_id)  # type: ignore[arg-type]
        benchmark = benchmark_of(account.follower_count)
        if benchmark is None:
            raise Http404
        return Response(BenchmarkSerializer(benchmark).data)
