"""Pages of predictions."""

from django.urls import path

from predictions import views

app_name = "predictions"
urlpatterns = [
    path("compose/", views.compose, name="compose"),
    path("forecasts/", views.forecasts, name="forecasts"),
    path("forecasts/<slug:prediction_id>/", views.forecast, name="forecast"),
]
