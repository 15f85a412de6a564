"""Addresses of predictions under /api/v1/."""

from django.urls import path

from predictions.benchmarks.api import AccountBenchmarkView
from predictions.captions.api import BrandWordsView, CaptionAppealListView, CaptionAppealView, CaptionsView
from predictions.comments.api import DraftCommentListView, DraftCommentView
from predictions.comparisons.api import CompareView
from predictions.experiments.api import DrawView, ExperimentListView, ExperimentView, StopView
from predictions.exploration.api import ExploreView
from predictions.feedback.api import FeedbackView
from predictions.forecasts.api import ForecastView, PredictionListView, PredictionView, PredictView
from predictions.insights.api import AccountInsightsView
from predictions.learning.api import AccountWeightsView
from predictions.nowcasts.api import PostNowcastView
from predictions.outcomes.api import AccountResultListView, AccountTrackRecordView
from predictions.period_reports.api import AccountReportView
from predictions.plan.api import DraftListView, DraftView
from predictions.replays.api import AccountReplayView
from predictions.reports.api import SuggestionReportView
from predictions.sharing.api import ShareListView, ShareView
from predictions.side_by_side.api import SideBySideView

urlpatterns = [
    path("predict", PredictView.as_view(), name="predict"),
    path("forecast", ForecastView.as_view(), name="forecast"),
    path("compare", CompareView.as_view(), name="compare"),
    path("captions", CaptionsView.as_view(), name="captions"),
    path("caption-appeals", CaptionAppealListView.as_view(), name="caption-appeals"),
    path("caption-appeals/<slug:public_id>", CaptionAppealView.as_view(), name="caption-appeal"),
    path("predictions", PredictionListView.as_view(), name="predictions"),
    path("predictions/<slug:public_id>", PredictionView.as_view(), name="prediction"),
    path("predictions/<slug:public_id>/feedback", FeedbackView.as_view(), name="prediction-feedback"),
    path("predictions/<slug:public_id>/reports", SuggestionReportView.as_view(), name="prediction-reports"),
    path("drafts", DraftListView.as_view(), name="drafts"),
    path("drafts/<slug:public_id>", DraftView.as_view(), name="draft"),
    path("drafts/<slug:public_id>/comments", DraftCommentListView.as_view(), name="draft-comments"),
    path("drafts/<slug:public_id>/comments/<slug:comment_id>", DraftCommentView.as_view(), name="draft-comment"),
    path("shares", ShareListView.as_view(), name="shares"),
    path("shares/<slug:public_id>", ShareView.as_view(), name="share"),
    path("side-by-side", SideBySideView.as_view(), name="side-by-side"),
    path("posts/<slug:public_id>/nowcast", PostNowcastView.as_view(), name="post-nowcast"),
    path("explore", ExploreView.as_view(), name="explore"),
    path("experiments", ExperimentListView.as_view(), name="experiments"),
    path("experiments/<slug:public_id>", ExperimentView.as_view(), name="experiment"),
    path("experiments/<slug:public_id>/assignments", DrawView.as_view(), name="experiment-assignments"),
    path("experiments/<slug:public_id>/stop", StopView.as_view(), name="experiment-stop"),
    path("accounts/<slug:public_id>/benchmark", AccountBenchmarkView.as_view(), name="account-benchmark"),
    path("accounts/<slug:public_id>/brand-words", BrandWordsView.as_view(), name="account-brand-words"),
    path("accounts/<slug:public_id>/insights", AccountInsightsView.as_view(), name="account-insights"),
    path("accounts/<slug:public_id>/replay", AccountReplayView.as_view(), name="account-replay"),
    path("accounts/<slug:public_id>/report", AccountReportView.as_view(), name="account-report"),
    path("accounts/<slug:public_id>/results", AccountResultListView.as_view(), name="account-results"),
    path("accounts/<slug:public_id>/skill", AccountTrackRecordView.as_view(), name="account-skill"),
    path("accounts/<slug:public_id>/weights", AccountWeightsView.as_view(), name="account-weights"),
]
