"""Brand words and styles for staff, read-only, and the queue of appeals, in which they decide."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from predictions.captions.appeals import AlreadyDecided, decide
from predictions.models import BrandWords, CaptionAppeal, CaptionStyle
from privacy.consent.selectors import NoConsent
from privacy.trail.staff.admin import ReadOnlyAdmin, TracedAdmin


@admin.register(BrandWords)
class BrandWordsAdmin(ReadOnlyAdmin):
    list_display = ["account", "updated_at"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]
    show_full_result_count = False


@admin.register(CaptionStyle)
class CaptionStyleAdmin(ReadOnlyAdmin):
    list_display = ["account", "captions", "encoder", "updated_at"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]
    exclude = ["middle"]
    show_full_result_count = False


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A decision is its reason."""

    reason = forms.ChoiceField(label="Decision", choices=CaptionAppeal.Reason.choices, widget=forms.RadioSelect)

    class Meta:
        model = CaptionAppeal
        fields = ["reason"]


@admin.register(CaptionAppeal)
class CaptionAppealAdmin(TracedAdmin):
    """Each open one is a task: the text, the rule that held it back, and a decision with its reason."""

    form = DecisionForm
    list_display = ["public_id", "rules", "state", "reason", "created_at", "decided_at"]
    list_filter = ["state", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    fields = ["account", "text", "rules", "state", "reason", "created_at", "decided_at"]
    readonly_fields = ["account", "text", "rules", "state", "created_at", "decided_at"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CaptionAppeal | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: CaptionAppeal | None = None) -> bool:
        may: bool = super().has_change_permission(request, obj)
        return may and (obj is None or obj.state == CaptionAppeal.State.OPEN)

    def save_model(self, request: HttpRequest, obj: CaptionAppeal, form: Any, change: bool) -> None:
        """Decide; the person is told."""
        try:
            decide(appeal_id=obj.pk, reason=CaptionAppeal.Reason(form.cleaned_data["reason"]))
        except (AlreadyDecided, NoConsent, CaptionAppeal.DoesNotExist):
            messages.error(request, "Nothing was decided: somebody else did, or its person left meanwhile.")
