"""Feedback for staff, read-only, counted by verdict, reason and model version."""

from django.contrib import admin
from django.utils.text import Truncator

from predictions.models import Feedback, ModelVersion
from predictions.versions.admin import OfVersionsAdmin

WORDS_LISTED = 80
"""Characters of a person's own words in a list; the feedback's page shows all."""


@admin.register(Feedback)
class FeedbackAdmin(OfVersionsAdmin):
    list_display = ["prediction", "subject", "verdict", "reason", "model_version", "words", "updated_at"]
    list_select_related = ["prediction"]
    versions = ("prediction__model_version",)
    list_filter = ["verdict", "reason", "prediction__model_version", "updated_at"]
    show_facets = admin.ShowFacets.ALWAYS
    search_fields = ["prediction__public_id", "prediction__account__public_id"]

    @admin.display(ordering="text")
    def words(self, feedback: Feedback) -> str:
        return Truncator(feedback.text).chars(WORDS_LISTED)

    @admin.display(ordering="prediction__model_version")
    def model_version(self, feedback: Feedback) -> ModelVersion | None:
        return feedback.prediction.model_version
