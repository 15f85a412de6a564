"""Posts and trends in the admin. Staff can read them, not change them."""

from django.contrib import admin

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
        *("public_id", "account", "state", "reason", "next_attempt_at", "created_at", "finished_at"),
        *("heartbeat_at", "attempts", "posts_stored", "posts_expected", "skipped", "unreadable"),
    ]
    list_select_related = ["account"]
    list_filter = ["state", "reason", "created_at"]
    search_fields = ["public_id", "account__public_id"]
    show_full_result_count = False


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
