"""Base classes of every app's admin: rows of people are shown for a reason, and recorded in the trail."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from privacy.declarations.registry import people_of, table_of
from privacy.trail.reasons import reason_of
from privacy.trail.services import note_change, touch

ASKED_BY_FILTERS = ("", "__exact", "__id__exact", "__isnull", "__gte", "__lt")
"""Endings that Django's filters put behind a field's name in the address."""


class TracedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows of people: shown for a reason, and recorded. Tables that concern nobody are shown as they are."""

    identity: tuple[str, ...] = ()
    """Columns by which a person is known elsewhere: hidden from staff whose task does not need them."""
    opens_only_result = False
    """True where a search that finds one row leads to its page at once."""

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._permitted(request, super().get_list_display(request))

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self._permitted(request, super().get_search_fields(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self._permitted(request, super().get_list_filter(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._permitted(request, super().get_fields(request, obj))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow the page's own filters and the primary key alone.

        Django lets an address filter by any column, and so reveals, letter by letter, those that are not shown.
        """
        filters = [getattr(each, "parameter_name", each) for each in self.get_list_filter(request)]
        asked = (*filters, self.opts.pk.name, "pk")
        return lookup in {f"{field}{ending}" for field in asked for ending in ASKED_BY_FILTERS}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; None where the address names none. PostgreSQL takes no NUL in a text."""
        return None if "\x00" in object_id else super().get_object(request, object_id, from_field)

    def _permitted(self, request: HttpRequest, columns: Any) -> list[Any]:
        hidden = () if request.user.has_perm("accounts.see_identity") else self.identity
        return [column for column in columns if column not in hidden]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, once a reason was given, and record whose rows are in it."""
        if asked := self._ask_for_reason(request):
            return asked
        chosen = self._chosen(request)
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", None) or {}
        shown = [row.pk for row in listed["cl"].result_list] if "cl" in listed else []
        if self.opens_only_result and request.GET.get("q") and len(shown) == 1:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", shown[0])
        self._record_shown(request, [*shown, *chosen])
        return response

    def _chosen(self, request: HttpRequest) -> list[Any]:
        """Return the keys that an action was asked for; raise BadRequest unless each can be a key of the table."""
        key: Any = self.opts.pk
        while key.remote_field:
            key = key.target_field
        try:
            # Django takes what was sent into its query as it is; a key has a type and a range
            return [key.clean(written, None) for written in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        except ValidationError as error:
            raise BadRequest("A chosen row is no row of this table.") from error

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one row, once a reason was given, and record whose it is."""
        if asked := self._ask_for_reason(request):
            return asked
        if object_id:
            self._record_shown_row(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask whether to delete the row, which shows the rows that refer to it."""
        if asked := self._ask_for_reason(request):
            return asked
        self._record_shown_row(request, object_id)
        return super().delete_view(request, object_id, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what staff did with the row."""
        if asked := self._ask_for_reason(request):
            return asked
        self._record_shown_row(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write Django's log, and note the change for the trail."""
        note_change(request)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write Django's log, and note the change for the trail."""
        note_change(request)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write Django's log, and note the change for the trail."""
        note_change(request)
        return super().log_deletions(request, queryset)

    def _ask_for_reason(self, request: HttpRequest) -> HttpResponse | None:
        if not self._shows_people() or reason_of(request) or not self.has_view_permission(request):
            return None
        return redirect(f"{reverse('reason')}?{urlencode({'next': request.get_full_path()})}")

    def _shows_people(self) -> bool:
        return table_of(self.model).person is not None

    def _record_shown_row(self, request: HttpRequest, object_id: str) -> None:
        row = self.get_object(request, unquote(object_id))
        self._record_shown(request, [row.pk] if row else [])

    def _record_shown(self, request: HttpRequest, keys: Collection[Any]) -> None:
        touch(request, people_of(self.model, keys))


class ReadOnlyAdmin(TracedAdmin):
    """Rows that staff may look at and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
