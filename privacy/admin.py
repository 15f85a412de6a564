"""The admin of privacy's own tables, for staff to look at."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from privacy.models import Consent


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that staff may look at and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["user", "purpose", "version", "given_at", "given_through", "withdrawn_at", "withdrawn_through"]
    list_filter = ["purpose", "version", "given_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
