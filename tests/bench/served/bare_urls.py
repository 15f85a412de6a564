"""One plain Django view, as cheap as Django has them."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    """Read the body and answer an empty object."""
    return JsonResponse({"bytes": len(request.body)})


urlpatterns = [path("bare", bare)]
