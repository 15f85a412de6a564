"""Pages of predictions."""

from django.urls import path

from predictions import views

app_name = "predictions"
urlpatterns = [
    path("compose/", views.compose, name="compose"),
    path("forecasts/", views.forecasts, name="forecasts"),
    path("forecasts/<slug:prediction_id>/", views.forecast, name="forecast"),
    path("forecasts/<slug:prediction_id>/feedback/", views.give_feedback, name="give_feedback"),
    path("forecasts/<slug:prediction_id>/feedback/take-back/", views.take_back_feedback, name="take_back_feedback"),
]
