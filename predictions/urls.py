"""Pages of predictions."""

from django.urls import path

from predictions.captions import views as captions
from predictions.comments import views as comments
from predictions.demo import views as demo
from predictions.experiments import views as experiments
from predictions.explained import views as explained
from predictions.feedback import views as feedback
from predictions.forecasts import views as forecasts
from predictions.insights import views as insights
from predictions.outcomes import views as outcomes
from predictions.overview import views as overview
from predictions.period_reports import views as period_reports
from predictions.plan import calendar_views as calendar
from predictions.plan import views as drafts
from predictions.reports import views as reports
from predictions.sharing import views as sharing
from predictions.side_by_side import views as side_by_side

app_name = "predictions"
urlpatterns = [
    path("how-it-works/", explained.how_it_works, name="how_it_works"),
    path("demo/", demo.overview, name="demo"),
    path("demo/plan/", demo.plan, name="demo_plan"),
    path("demo/posts/", demo.posts, name="demo_posts"),
    path("demo/insights/", demo.insights, name="demo_insights"),
    path("overview/", overview.overview, name="overview"),
    path("plan/", calendar.plan, name="plan"),
    path("plan/drafts/try/", drafts.try_draft, name="try_draft"),
    path("plan/drafts/save/", drafts.save_draft, name="save_draft"),
    path("plan/drafts/<slug:draft_id>/", drafts.draft_page, name="draft"),
    path("plan/drafts/<slug:draft_id>/delete/", drafts.delete_draft, name="delete_draft"),
    path("plan/drafts/<slug:draft_id>/remind-no-more/", drafts.end_reminder, name="end_reminder"),
    path("plan/drafts/<slug:draft_id>/comments/", comments.add, name="add_comment"),
    path("plan/drafts/<slug:draft_id>/comments/<slug:comment_id>/delete/", comments.delete, name="delete_comment"),
    path("side-by-side/", side_by_side.side_by_side, name="side_by_side"),
    path("report/", period_reports.report, name="report"),
    path("report/download/", period_reports.download, name="report_file"),
    path("sharing/", sharing.links, name="links"),
    path("sharing/report/", sharing.share_report, name="share_report"),
    path("sharing/forecasts/<slug:prediction_id>/", sharing.share_forecast, name="share_forecast"),
    path("sharing/<slug:link_id>/revoke/", sharing.revoke, name="revoke_link"),
    path("shared/<str:token>/", sharing.shared, name="shared"),
    path("insights/", insights.insights, name="insights"),
    path("track-record/", outcomes.track_record, name="track_record"),
    path("compose/", drafts.compose, name="compose"),
    path("compose/write/", captions.write, name="write"),
    path("compose/write/appeal/", captions.appeal_caption, name="appeal_caption"),
    path("compose/write/words/", captions.save_brand_words, name="save_brand_words"),
    path("experiments/", experiments.experiments, name="experiments"),
    path("experiments/<slug:experiment_id>/draw/", experiments.draw, name="draw_arm"),
    path("experiments/<slug:experiment_id>/stop/", experiments.stop, name="stop_experiment"),
    path("forecasts/", forecasts.forecasts, name="forecasts"),
    path("forecasts/<slug:prediction_id>/", forecasts.forecast, name="forecast"),
    path("forecasts/<slug:prediction_id>/suggestions/<int:rank>/report/", reports.report, name="report_suggestion"),
    path("forecasts/<slug:prediction_id>/feedback/", feedback.give_feedback, name="give_feedback"),
    path("forecasts/<slug:prediction_id>/feedback/take-back/", feedback.take_back_feedback, name="take_back_feedback"),
]
