"""The admin for staff: everything can be read, nothing changed. Versions are registered by `manage.py train_model`."""

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from predictions.models import AccountWeights, DriftCheck, Miss, ModelVersion, Outcome, Prediction


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["name", "role", "created_at"]
    list_filter = ["role"]
    search_fields = ["name"]
    exclude = ["artefact", "signature"]


@admin.register(AccountWeights)
class AccountWeightsAdmin(ReadOnlyAdmin):
    list_display = ["account", "version", "model_version", "posts", "as_of", "updated_at"]
    list_select_related = ["account", "model_version"]
    list_filter = ["model_version"]
    search_fields = ["account__public_id"]
    exclude = ["state"]


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = [
        *("public_id", "account", "created_at", "scheduled_for", "model_version", "basis"),
        *("point", "typical", "bucket", "latency_ms"),
    ]
    list_select_related = ["account", "model_version"]
    list_filter = ["model_version", "basis", "bucket", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    # a draft is kept for its writer, not for staff
    exclude = ["caption"]


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    list_display = ["prediction", "post", "label", "likes", "error", "baseline_error", "within_interval", "met_at"]
    list_select_related = ["prediction", "post"]
    list_filter = ["label", "within_interval"]
    search_fields = ["prediction__public_id", "post__public_id"]
    show_full_result_count = False


@admin.register(Miss)
class MissAdmin(ReadOnlyAdmin):
    list_display = ["post", "account", "due_at", "miss", "covered", "model_version"]
    list_select_related = ["post", "account", "model_version"]
    list_filter = ["model_version", "covered"]
    search_fields = ["post__public_id", "account__public_id"]
    exclude = ["features"]
    show_full_result_count = False


@admin.register(DriftCheck)
class DriftCheckAdmin(ReadOnlyAdmin):
    list_display = ["checked_at", "verdict", "posts", "changed_since", "over_at", "retraining_requested_at", "reason"]
    list_filter = ["verdict", "checked_at"]
