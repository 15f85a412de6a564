from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    name = "predictions"

    def ready(self) -> None:
        """Connect the rooms' receivers."""
        import predictions.captions.home
        import predictions.captions.receivers
        import predictions.comments.receivers
        import predictions.feedback.home
        import predictions.feedback.receivers
        import predictions.forecasts.home
        import predictions.forecasts.person
        import predictions.forecasts.receivers
        import predictions.labels.home
        import predictions.labels.receivers
        import predictions.learning.receivers
        import predictions.monitoring.receivers
        import predictions.outcomes.receivers
        import predictions.panels
        import predictions.plan.receivers
        import predictions.replays.receivers
        import predictions.reports.home
        import predictions.reports.receivers
        import predictions.sharing.receivers
        import predictions.training.receivers
        import predictions.versions.home  # noqa: F401
