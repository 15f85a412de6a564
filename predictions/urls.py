"""Pages of predictions."""

from django.urls import path

from predictions.comparisons import views as comparisons
from predictions.feedback import views as feedback
from predictions.forecasts import views as forecasts

app_name = "predictions"
urlpatterns = [
    path("compose/", forecasts.compose, name="compose"),
    path("compose/variants/", comparisons.variants, name="variants"),
    path("forecasts/", forecasts.forecasts, name="forecasts"),
    path("forecasts/<slug:prediction_id>/", forecasts.forecast, name="forecast"),
    path("forecasts/<slug:prediction_id>/feedback/", feedback.give_feedback, name="give_feedback"),
    path("forecasts/<slug:prediction_id>/feedback/take-back/", feedback.take_back_feedback, name="take_back_feedback"),
]
