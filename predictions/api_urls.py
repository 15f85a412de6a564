"""Addresses of predictions under /api/v1/."""

from django.urls import path

from predictions.benchmarks.api import AccountBenchmarkView
from predictions.comparisons.api import CompareView
from predictions.feedback.api import FeedbackView
from predictions.forecasts.api import PredictionListView, PredictionView, PredictView
from predictions.learning.api import AccountWeightsView
from predictions.outcomes.api import AccountTrackRecordView

urlpatterns = [
    path("predict", PredictView.as_view(), name="predict"),
    path("compare", CompareView.as_view(), name="compare"),
    path("predictions/", PredictionListView.as_view(), name="predictions"),
    path("predictions/<slug:public_id>/", PredictionView.as_view(), name="prediction"),
    path("predictions/<slug:public_id>/feedback/", FeedbackView.as_view(), name="prediction-feedback"),
    path("accounts/<slug:public_id>/benchmark/", AccountBenchmarkView.as_view(), name="account-benchmark"),
    path("accounts/<slug:public_id>/skill/", AccountTrackRecordView.as_view(), name="account-skill"),
    path("accounts/<slug:public_id>/weights/", AccountWeightsView.as_view(), name="account-weights"),
]
