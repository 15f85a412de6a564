"""Admin pages of accounts: a person's data can be read, not changed; tokens, sealed or not, are not shown at all."""

from collections.abc import Callable
from typing import Any

# libraries register their admins when they are imported; that must have happened before they are taken out
import allauth.account.admin
import allauth.socialaccount.admin  # noqa: F401
import django.contrib.auth.admin  # noqa: F401
import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import (
    APIToken,
    Credential,
    FollowerCount,
    Notice,
    Seat,
    SignIn,
    TikTokAccount,
    User,
    WebhookDelivery,
)
from accounts.staff.person import parts_of, permitted
from privacy.erasure.services import request_erasure
from privacy.export.services import request_export
from privacy.models import Erasure, Through
from privacy.people import SIGN_IN_AGAIN, signed_in_lately
from privacy.trail.reasons import reason_of
from privacy.trail.services import note_change
from privacy.trail.staff.admin import ReadOnlyAdmin, TracedAdmin

# the app's secret and plain-text tokens have no place here, e-mail addresses are not collected,
# an allauth account says no more than the TikTok account, and a second factor is nobody else's business;
# Django's own admin of groups would let an address ask for the columns of their members
for model in (SocialApp, SocialToken, SocialAccount, EmailAddress, EmailConfirmation, TOTPDevice, StaticDevice, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(TracedAdmin):
    """People: found by handle, name or id, each with a page of what is kept, what is under way and what can be done.

    A superuser may deactivate a person and set what staff may do; the rest is the person's own.
    """

    identity = ("names", "tiktok_accounts__display_name", "tiktok_accounts__username")
    list_display = ["username", "accounts", "names", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = [
        *("username", "tiktok_accounts__public_id"),
        *("tiktok_accounts__display_name", "tiktok_accounts__username"),
    ]
    search_help_text = "A person’s id here or an account’s; a handle or name, for those who may see them."
    opens_only_result = True
    change_form_template = "admin/accounts/user/person.html"
    fields = [
        *("username", "date_joined", "last_login"),
        *("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
    ]
    readonly_fields = ["username", "date_joined", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]

    actions = ["erase"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("tiktok_accounts")

    @admin.display(description="accounts")
    def accounts(self, person: User) -> str:
        return ", ".join(account.public_id for account in person.tiktok_accounts.all())

    @admin.display(description="names")
    def names(self, person: User) -> str:
        return ", ".join(account.name for account in person.tiktok_accounts.all())

    def get_urls(self) -> list[URLPattern]:
        export, erase = self.admin_site.admin_view(self.export_view), self.admin_site.admin_view(self.erase_view)
        return [
            path("<path:object_id>/export/", export, name="accounts_user_export"),
            path("<path:object_id>/erase/", erase, name="accounts_user_erase"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the parts of the person's page, with the actions that this member of staff may take."""
        person: User | None = kwargs.get("obj")
        if person is not None:
            sees_names = request.user.has_perm("accounts.see_identity")
            context["parts"] = [
                (part, permitted(request.user, part.actions), permitted(request.user, part.links))
                for part in parts_of(person)
            ]
            context["title"] = (sees_names and self.names(person)) or f"Person {person.username}"
            context["reason"] = reason_of(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have a copy of the person's data made, which they find under “Your data”; on POST alone."""
        if not request.user.has_perm("privacy.add_dataexport"):
            raise PermissionDenied
        return self._for_person(request, object_id, self._export)

    def _export(self, request: HttpRequest, person: User) -> HttpResponse:
        if request.method == "POST":
            request_export(user_id=person.pk)
            note_change(request)
            messages.success(request, "A copy is being made. The person finds it under “Your data”.")
        return redirect("admin:accounts_user_change", person.pk)

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say on GET what an erasure does; begin it on POST."""
        if not self.has_erase_permission(request):
            raise PermissionDenied
        return self._for_person(request, object_id, self._erase_one)

    def _erase_one(self, request: HttpRequest, person: User) -> HttpResponse:
        if request.method == "POST":
            self.erase(request, User.objects.filter(pk=person.pk))
            return redirect("admin:accounts_user_change", person.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Erase this person",
            "opts": self.opts,
            "person": person,
            "accounts": self.accounts(person),
        }
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)

    def _for_person(
        self, request: HttpRequest, object_id: str, answer: Callable[[HttpRequest, User], HttpResponse]
    ) -> HttpResponse:
        """Answer for the person, once a reason was given, and record that they were looked at."""
        if asked := self._ask_for_reason(request):
            return asked
        person: User | None = self.get_object(request, object_id)
        if person is None:
            raise Http404
        self._record_shown(request, [person.pk])
        return answer(request, person)

    @admin.action(description="Erase these people at once", permissions=["erase"])
    def erase(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Erase people who asked staff for it; the reason that staff gave stands in the trail."""
        if not signed_in_lately(request):
            return self.message_user(request, SIGN_IN_AGAIN, messages.ERROR)
        for user_id in people.filter(is_staff=False).values_list("pk", flat=True):
            request_erasure(
                user_id=user_id,
                reason=Erasure.Reason.STAFF,
                through=Through.ADMIN,
                grace=None,
                why=reason_of(request),
            )
            note_change(request)
        return self.message_user(request, "They are being erased; see Erasures. Staff cannot be erased here.")

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.erase_user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # otherwise staff who may change people could make themselves superusers
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Group)
class RoleAdmin(TracedAdmin):
    """The roles of staff, made in `accounts.staff.roles`, and any that a superuser adds."""

    list_display = ["name"]
    fields = ["name", "permissions"]
    filter_horizontal = ["permissions"]


@admin.register(TikTokAccount)
class TikTokAccountAdmin(ReadOnlyAdmin):
    identity = ("open_id", "union_id", "display_name", "username")
    list_display = ["public_id", "display_name", "follower_count", "video_count", "connected_at", "disconnected_at"]
    search_fields = ["public_id", "display_name", "username"]
    list_select_related = ["user"]


@admin.register(FollowerCount)
class FollowerCountAdmin(ReadOnlyAdmin):
    list_display = ["account", "observed_at", "followers"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    list_display = ["account", "state", "access_expires_at", "refresh_expires_at", "version", "updated_at"]
    list_filter = ["state"]
    list_select_related = ["account"]
    fields = ["account", "state", "scopes", "access_expires_at", "refresh_expires_at", "version", "updated_at"]


@admin.register(APIToken)
class APITokenAdmin(ReadOnlyAdmin):
    list_display = ["hint", "name", "user", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    fields = ["user", "name", "hint", "created_at", "expires_at", "last_used_at", "revoked_at"]


@admin.register(Seat)
class SeatAdmin(ReadOnlyAdmin):
    list_display = ["public_id", "account", "role", "invited_at", "accepted_at", "removed_at"]
    list_select_related = ["account"]
    search_fields = ["public_id", "account__public_id"]
    exclude = ["digest"]


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    list_display = ["user", "device", "begun_at", "last_used_at"]
    list_select_related = ["user"]
    fields = ["user", "device", "begun_at", "last_used_at"]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["event", "received_at"]
    list_filter = ["event"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "account", "created_at", "read_at"]
    list_filter = ["kind"]
    list_select_related = ["user", "account"]
    fields = ["user", "kind", "account", "created_at", "read_at"]
