"""Django with one plain view and no middleware, as cheap as Django has them.

The middleware goes after the start: libraries that are installed insist on theirs while they start.
"""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import path

django.setup(set_prefix=False)
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__


def bare(request: HttpRequest) -> JsonResponse:
    """Read the body and answer an empty object."""
    return JsonResponse({"bytes": len(request.body)})


urlpatterns = [path("bare", bare)]
application = WSGIHandler()
