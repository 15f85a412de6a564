"""The addresses of the service with the living page, which only development has."""

from django.urls import include, path

urlpatterns = [path("", include("config.urls")), path("design/", include("config.design.urls"))]
handler500 = "config.unavailable.answer_error"
