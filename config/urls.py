"""All addresses of the service."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from accounts.staff.second_factor import second_factor
from config.api.schema_view import SchemaView
from config.security_txt import security_txt
from predictions.forecasts.api import PredictView
from privacy.trail.reasons import give_reason

handler500 = "config.unavailable.answer_error"

api: list[URLPattern | URLResolver] = [
    path("schema", SchemaView.as_view(), name="schema"),
    path("", include("accounts.api_urls")),
    path("", include("posts.api_urls")),
    path("", include("predictions.api_urls")),
    path("", include("privacy.api_urls")),
]

urlpatterns = [
    # what programs ask, first: addresses are tried in turn
    path("api/v1/", include((api, "api"))),
    path("predict", PredictView.as_view(), name="predict"),
    path("", include("accounts.urls")),
    path("", include("posts.urls")),
    path("", include("predictions.urls")),
    path("", include("privacy.urls")),
    path("", include("telemetry.urls")),
    path("", include("config.public.urls")),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
    path("admin/reason/", admin.site.admin_view(give_reason), name="reason"),
    path("admin/second-factor/", second_factor, name="second_factor"),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns.append(path("design/", include("config.design.urls")))
