"""Weights and forecast errors for staff, read-only."""

from django.contrib import admin

from predictions.models import AccountWeights, ForecastError
from predictions.versions.admin import OfVersionsAdmin


@admin.register(AccountWeights)
class AccountWeightsAdmin(OfVersionsAdmin):
    list_display = ["account", "version", "model_version", "posts", "as_of", "updated_at"]
    list_select_related = ["account"]
    list_filter = ["model_version"]
    search_fields = ["account__public_id"]
    exclude = ["state"]


@admin.register(ForecastError)
class ForecastErrorAdmin(OfVersionsAdmin):
    list_display = ["post", "account", "age_h", "due_at", "error", "covered", "model_version"]
    list_select_related = ["post", "account"]
    list_filter = ["age_h", "model_version", "covered"]
    search_fields = ["post__public_id", "account__public_id"]
    exclude = ["features"]
    show_full_result_count = False
