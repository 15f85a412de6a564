"""Imports of files and rows that programs push, in the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from posts.imports.pushed import MEMBERS
from posts.models import Import, ImportRow
from posts.platforms.exports.values import MAX_COARSENESS

MAX_ROWS = 1_000
BATCH_EXAMPLE = OpenApiExample(
    "a post with its counts",
    value={
        "rows": [
            {
                "post_id": "7312345678901234567",
                "posted_at": "2026-12-01T18:00:00Z",
                "observed_at": "2026-12-02T18:00:00Z",
                "likes": 120,
                "caption": "Sunset at the pier #sunset",
            }
        ]
    },
    request_only=True,
)


class ThemeSerializer(Serializer[Any]):
    """A theme that several comments of a data export share; their texts are not kept."""

    words = serializers.ListField(child=serializers.CharField())
    is_question = serializers.BooleanField()
    language = serializers.CharField(help_text="ISO 639; empty: not known.")
    comments = serializers.IntegerField(help_text="How many comments.")


class ImportRowsSerializer(Serializer[Import]):
    """Number of the file's rows by outcome."""

    new = serializers.IntegerField(source="rows_new")
    merged = serializers.IntegerField(source="rows_merged")
    observed = serializers.IntegerField(source="rows_observed")
    unchanged = serializers.IntegerField(source="rows_unchanged")
    skipped = serializers.IntegerField(source="rows_skipped")


class ImportSerializer(ModelSerializer[Import]):
    """An import of a file. It stores nothing before it is confirmed."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    rows = serializers.SerializerMethodField()
    posts_rounded = serializers.IntegerField(
        read_only=True, help_text="Posts of which rounded counts, such as 1.2K, are to be taken."
    )
    themes = ThemeSerializer(many=True, read_only=True)

    class Meta:
        model = Import
        fields = [
            *(
                "id",
                "account",
                "state",
                "origin",
                "layout",
                "size",
                "sha256",
                "observed_at",
                "rows",
                "posts_rounded",
                "comments",
                "themes",
            ),
            *("error", "created_at", "finished_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(ImportRowsSerializer)
    def get_rows(self, row: Import) -> dict[str, Any]:
        return dict(ImportRowsSerializer(row).data)


class ImportRowSerializer(ModelSerializer[ImportRow]):
    """A row of a file: what becomes of it, and why it is skipped."""

    post_id = serializers.CharField(source="tiktok_id", read_only=True)

    class Meta:
        model = ImportRow
        fields = ["number", "outcome", "reason", "post_id", "posted_at", "likes"]
        read_only_fields = fields


@extend_schema_field(
    {
        "oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "example": "1.2K"}],
        "description": "A whole number, or a rounded one as apps write it.",
    }
)
class CountField(serializers.JSONField):
    """A count as the schema shows it."""


class PushedRowSerializer(Serializer[Any]):
    """A post, or an observation of one: the columns of the post history format (docs/history-format.md)."""

    post_id = serializers.CharField(required=False, help_text="TikTok's id of the post.")
    posted_at = serializers.DateTimeField(required=False, help_text="Needed unless the post is known.")
    observed_at = serializers.DateTimeField(required=False, help_text="When the counts were read; needed with counts.")
    likes = CountField(required=False, allow_null=True)
    comments = CountField(required=False, allow_null=True)
    shares = CountField(required=False, allow_null=True)
    views = CountField(required=False, allow_null=True)
    coarseness = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=MAX_COARSENESS,
        allow_null=True,
        help_text="Half-width of the coarsest rounding among the counts, in log units; texts tell it by themselves.",
    )
    caption = serializers.CharField(required=False)
    hashtags = serializers.ListField(child=serializers.CharField(), required=False)
    duration_s = serializers.FloatField(required=False, min_value=0, allow_null=True)
    share_url = serializers.CharField(required=False)
    is_ai_generated = serializers.BooleanField(required=False, allow_null=True)
    followers = serializers.IntegerField(required=False, min_value=0, allow_null=True)


assert tuple(sorted(PushedRowSerializer().fields)) == tuple(sorted(MEMBERS))  # the schema tells what is read


class BatchRequestSerializer(Serializer[Any]):
    """Rows of one account. Each is judged by itself: one that cannot be used does not keep the others away."""

    account_id = serializers.CharField(required=False, help_text="May be left out by a person with one account.")
    rows = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MAX_ROWS)


@extend_schema_serializer(component_name="Batch")
class BatchSchemaSerializer(Serializer[Any]):
    """`BatchRequestSerializer` as the schema shows it."""

    account_id = serializers.CharField(required=False, help_text="May be left out by a person with one account.")
    rows = PushedRowSerializer(many=True)


class RowResultSerializer(Serializer[Any]):
    """Outcome of a row."""

    row = serializers.IntegerField(help_text="Its place in the request, from 0.")
    outcome = serializers.ChoiceField(
        choices=["created", "merged", "observed", "unchanged", "skipped"],
        help_text="unchanged: all of it was known; skipped: see the reason.",
    )
    post_id = serializers.CharField(help_text="The platform's id of the post; empty for a row that was skipped.")
    reason = serializers.CharField(help_text="Empty where the row was taken.")


class BatchAnswerSerializer(Serializer[Any]):
    """The outcome of each row, in the order of the request."""

    account = serializers.CharField()
    results = RowResultSerializer(many=True)
