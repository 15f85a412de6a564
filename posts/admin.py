"""Posts and trends in the admin. Staff can read them, not change them."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from accounts.models import TikTokAccount
from posts.ingest.services import NotConnected, request_refresh
from posts.models import (
    HashtagCount,
    Import,
    ImportPart,
    ImportRow,
    Listing,
    Observation,
    Post,
    PostContent,
    PostsChange,
    Refresh,
    Trend,
)
from privacy.consent.selectors import NoConsent
from privacy.trail.services import note_change, touch
from privacy.trail.staff.admin import ReadOnlyAdmin


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    identity = ("tiktok_id", "share_url")
    list_display = ["public_id", "account", "posted_at", "duration_s", "first_seen_at", "last_seen_at", "deleted_at"]
    list_select_related = ["account"]
    list_filter = ["posted_at", "deleted_at"]
    search_fields = ["public_id", "tiktok_id", "account__public_id"]
    show_full_result_count = False
    # a caption is kept for its writer, not for staff
    exclude = ["caption"]


@admin.register(PostContent)
class PostContentAdmin(ReadOnlyAdmin):
    list_display = ["post", "extractor_version", "length", "words", "emoji", "cover_state", "cover_attempts"]
    list_select_related = ["post"]
    list_filter = ["extractor_version", "cover_state"]
    search_fields = ["post__public_id"]
    show_full_result_count = False
    exclude = ["embedding"]


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin):
    list_display = ["post", "observed_at", "likes", "comments", "shares", "views", "coarseness", "scheduled_age_h"]
    list_select_related = ["post"]
    list_filter = ["scheduled_age_h"]
    search_fields = ["post__public_id"]
    show_full_result_count = False


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    identity = ("username",)
    list_display = [
        *("public_id", "account", "state", "origin", "size", "rows_new", "rows_merged", "rows_skipped"),
        *("created_at", "finished_at", "attempts", "error"),
    ]
    list_select_related = ["account"]
    list_filter = ["state", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False
    # what comments ask for is the creator's own
    exclude = ["themes"]


@admin.register(ImportPart)
class ImportPartAdmin(ReadOnlyAdmin):
    list_display = ["import_job", "number", "created_at"]
    list_select_related = ["import_job"]
    show_full_result_count = False
    exclude = ["sealed"]


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    identity = ("tiktok_id",)
    list_display = ["import_job", "number", "outcome", "reason", "posted_at", "likes", "created_at"]
    list_select_related = ["import_job"]
    list_filter = ["outcome"]
    show_full_result_count = False
    exclude = ["sealed"]


@admin.register(Refresh)
class RefreshAdmin(ReadOnlyAdmin):
    list_display = [
        *("account", "state", "reason", "next_attempt_at", "created_at", "finished_at"),
        *("attempts", "posts_stored", "posts_expected", "skipped", "unreadable"),
    ]
    list_select_related = ["account"]
    list_filter = ["state", "reason", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [path("again/<int:account_id>/", view, name="posts_refresh_again"), *super().get_urls()]

    def again_view(self, request: HttpRequest, account_id: int) -> HttpResponse:
        """Read an account from TikTok again, on POST, and lead back to its person's page."""
        if not request.user.has_perm("posts.add_refresh"):
            raise PermissionDenied
        if asked := self._ask_for_reason(request):
            return asked
        account = get_object_or_404(TikTokAccount, pk=account_id)
        touch(request, [account.user_id])
        if request.method == "POST":
            try:
                request_refresh(account_id=account.pk)
            except (NotConnected, NoConsent) as error:
                why = "The account is not connected: its person has to connect it again."
                messages.error(request, str(error) or why)
            else:
                note_change(request)
                messages.success(request, "The account is read from TikTok again, within a minute.")
        return redirect("admin:accounts_user_change", account.user_id)


@admin.register(PostsChange)
class PostsChangeAdmin(ReadOnlyAdmin):
    list_display = ["account", "sequence", "changed_at"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]


@admin.register(Listing)
class ListingAdmin(ReadOnlyAdmin):
    list_display = ["account", "listed_at", "read_at", "complete_until", "cursor", "missing", "missing_confirmed"]
    list_select_related = ["account"]
    search_fields = ["account__public_id"]


@admin.register(Trend)
class TrendAdmin(ReadOnlyAdmin):
    list_display = ["tag", "language", "as_of", "accounts", "growth", "growth_low", "growth_high"]
    list_filter = ["language", "as_of"]
    search_fields = ["tag"]


@admin.register(HashtagCount)
class HashtagCountAdmin(ReadOnlyAdmin):
    list_display = ["tag", "ended_at", "accounts"]
    search_fields = ["tag"]
    show_full_result_count = False
