"""Addresses under /api/v1/."""

from django.urls import path

from predictions import api

urlpatterns = [
    path("predict", api.PredictView.as_view(), name="predict"),
    path("predictions/", api.PredictionListView.as_view(), name="predictions"),
    path("predictions/<slug:public_id>/", api.PredictionView.as_view(), name="prediction"),
    path("predictions/<slug:public_id>/feedback/", api.FeedbackView.as_view(), name="prediction-feedback"),
    path("accounts/<slug:public_id>/benchmark/", api.AccountBenchmarkView.as_view(), name="account-benchmark"),
    path("accounts/<slug:public_id>/skill/", api.AccountSkillView.as_view(), name="account-skill"),
    path("accounts/<slug:public_id>/weights/", api.AccountWeightsView.as_view(), name="account-weights"),
]
