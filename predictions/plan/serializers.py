"""Saved drafts in the API."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.forecasts.forms import MAX_CAPTION
from predictions.forecasts.serializers import FURTHEST_AHEAD, FURTHEST_BACK, MAX_DURATION_S
from predictions.models import SavedDraft
from predictions.pictures.serializers import PictureSerializer
from predictions.pictures.words import picture_answer
from predictions.plan.forms import kept_cover
from predictions.plan.services import MOST_VARIANTS, Changes, PlannedVariant

_TEXT = "Kept only for people who chose to keep texts; of others, the text comes back empty."


def upcoming(moment: datetime) -> None:
    """Raise ValidationError for a moment to plan for that is past, or more than a year ahead."""
    now = timezone.now()
    if not now - FURTHEST_BACK <= moment <= now + FURTHEST_AHEAD:
        raise serializers.ValidationError("This is in the past, or more than a year ahead.")


class PlannedVariantSerializer(Serializer[Any]):
    """Another caption for the same video, and another time if it has one."""

    text = serializers.CharField(max_length=MAX_CAPTION, allow_blank=True, trim_whitespace=False)
    scheduled_time_utc = serializers.DateTimeField(
        required=False, allow_null=True, default_timezone=timezone.get_default_timezone(), validators=[upcoming]
    )


class SaveDraftSerializer(Serializer[Any]):
    """What a draft has; absent members stay as they are."""

    text = serializers.CharField(
        max_length=MAX_CAPTION, allow_blank=True, trim_whitespace=False, required=False, help_text=_TEXT
    )
    scheduled_time_utc = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=timezone.get_default_timezone(),
        validators=[upcoming],
        help_text="When it is to be published; null while that is open.",
    )
    duration_s = serializers.IntegerField(min_value=1, max_value=MAX_DURATION_S, required=False, allow_null=True)
    variants = serializers.ListField(
        child=PlannedVariantSerializer(), max_length=MOST_VARIANTS, required=False, help_text=_TEXT
    )
    remind_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=timezone.get_default_timezone(),
        validators=[upcoming],
        help_text="When to remind of posting it, on Postcast's own pages; null: not at all.",
    )
    prediction_id = serializers.CharField(
        max_length=32, required=False, help_text="A recorded forecast of this account, as its last saved one."
    )


@extend_schema_serializer(component_name="NewDraft")
class NewDraftSerializer(SaveDraftSerializer):
    """A new draft."""

    account_id = serializers.CharField(max_length=32)


@extend_schema_serializer(component_name="DraftChange")
class ChangeDraftSerializer(SaveDraftSerializer):
    """A change of the draft as it stands at a version: at another one, nothing is changed and the answer is 409."""

    version = serializers.IntegerField(min_value=1)


def changes_of(asked: dict[str, Any]) -> Changes:
    """Return the changes that a validated request asks for, but for its forecast."""
    changes: Changes = {}
    if "text" in asked:
        changes["caption"] = asked["text"]
    if "scheduled_time_utc" in asked:
        changes["publish_at"] = asked["scheduled_time_utc"]
    if "duration_s" in asked:
        changes["duration_s"] = asked["duration_s"]
    if "remind_at" in asked:
        changes["remind_at"] = asked["remind_at"]
    if "variants" in asked:
        changes["variants"] = [
            PlannedVariant(each["text"], each.get("scheduled_time_utc")) for each in asked["variants"]
        ]
    return changes


class KeptVariantSerializer(Serializer[Any]):
    """A variant as it is kept."""

    text = serializers.CharField(source="caption", read_only=True)
    scheduled_time_utc = serializers.DateTimeField(source="publish_at", read_only=True, allow_null=True)


@extend_schema_serializer(component_name="SavedDraft")
class SavedDraftSerializer(ModelSerializer[SavedDraft]):
    """A draft as it is kept."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    text = serializers.CharField(source="caption", read_only=True, help_text=_TEXT)
    scheduled_time_utc = serializers.DateTimeField(source="publish_at", read_only=True, allow_null=True)
    has_cover = serializers.SerializerMethodField(help_text="Whether measures of a cover are kept; pictures are not.")
    picture = serializers.SerializerMethodField(help_text="What is told of its cover; null without one.")
    variants = KeptVariantSerializer(many=True, read_only=True)
    prediction_id = serializers.CharField(
        source="prediction.public_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="Its last saved forecast.",
    )
    post = serializers.CharField(
        source="post.public_id", read_only=True, allow_null=True, default=None, help_text="The post that it became."
    )

    class Meta:
        model = SavedDraft
        fields = [
            *("id", "account", "text", "scheduled_time_utc", "duration_s", "has_cover", "picture", "variants"),
            *("remind_at", "prediction_id", "post", "version", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    def get_has_cover(self, draft: SavedDraft) -> bool:
        return draft.cover is not None

    @extend_schema_field(PictureSerializer(allow_null=True))
    def get_picture(self, draft: SavedDraft) -> dict[str, Any] | None:
        return picture_answer(kept_cover(draft))
