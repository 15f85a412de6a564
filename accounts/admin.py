"""Admin pages of accounts: a person's data can be read, not changed; tokens, sealed or not, are not shown at all."""

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
from django.db.models import QuerySet
from django.http import HttpRequest
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
from privacy.erasure.services import request_erasure
from privacy.models import Erasure, Through
from privacy.people import SIGN_IN_AGAIN, signed_in_lately
from privacy.trail.reasons import reason_of
from privacy.trail.staff.admin import ReadOnlyAdmin, TracedAdmin

# the app's secret and plain-text tokens have no place here, e-mail addresses are not collected,
# an allauth account says no more than the TikTok account, and a second factor is nobody else's business;
# Django's own admin of groups would let an address ask for the columns of their members
for model in (SocialApp, SocialToken, SocialAccount, EmailAddress, EmailConfirmation, TOTPDevice, StaticDevice, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(User)
class UserAdmin(TracedAdmin):
    """People. A superuser may deactivate a person and set what staff may do; the rest is the person's own."""

    list_display = ["username", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["username"]
    fields = [
        *("username", "date_joined", "last_login"),
        *("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
    ]
    readonly_fields = ["username", "date_joined", "last_login"]
    filter_horizontal = ["groups", "user_permissions"]

    actions = ["erase"]

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
