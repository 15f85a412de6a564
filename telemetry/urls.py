from django.urls import path

from telemetry import views
from telemetry.status_page.views import status_page

app_name = "telemetry"

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("healthz", views.livez, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("status/", status_page, name="status"),
    path("metrics", views.metrics, name="metrics"),
]
