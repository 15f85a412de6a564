"""Serializers of posts, observations, refreshes and measures of drafts."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from posts.content.captions import MAX_CAPTION, MAX_HASHTAG, MAX_RETURNED, is_hashtag
from posts.content.platform_rules import RuleCheck
from posts.ingest.progress import RefreshStatus
from posts.models import Observation, Post, PostContent, Refresh
from posts.models.content import CAPTION_MEASURES
from posts.selectors import LatestCounts
from posts.similar import Similar
from privacy.declarations.columns import declared_columns

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


NO_HASHTAG = "“%s” is no hashtag: one word, without spaces and punctuation."


class ObservationSerializer(ModelSerializer[Observation]):
    """Cumulative counts at a moment; null where TikTok did not give one."""

    class Meta:
        model = Observation
        fields = ["observed_at", "likes", "comments", "shares", "views", "coarseness", "scheduled_age_h"]
        read_only_fields = fields


class LatestCountsSerializer(Serializer["WithAnnotations[Post, LatestCounts]"]):
    """The counts of the latest observation."""

    observed_at = serializers.DateTimeField()
    likes = serializers.IntegerField(allow_null=True)
    comments = serializers.IntegerField(allow_null=True)
    shares = serializers.IntegerField(allow_null=True)
    views = serializers.IntegerField(allow_null=True)
    coarseness = serializers.FloatField(
        allow_null=True, help_text="Half-width of the coarsest rounding among them, in log units; null: exact."
    )


class CoverSerializer(Serializer[PostContent]):
    """Measures of the cover picture; the picture itself is not kept."""

    brightness = serializers.FloatField(source="cover_brightness", help_text="0 to 1")
    contrast = serializers.FloatField(source="cover_contrast", help_text="0 to 1")
    saturation = serializers.FloatField(source="cover_saturation", help_text="0 to 1")
    colourfulness = serializers.FloatField(source="cover_colourfulness")
    sharpness = serializers.FloatField(source="cover_sharpness")


class ContentSerializer(ModelSerializer[PostContent]):
    """Measures of the caption and the cover."""

    cover = serializers.SerializerMethodField()

    class Meta:
        model = PostContent
        # the embedding serves comparisons alone
        fields = [*(name for name in CAPTION_MEASURES if name != "embedding"), "cover"]
        read_only_fields = fields

    @extend_schema_field(CoverSerializer(allow_null=True))
    def get_cover(self, content: PostContent) -> dict[str, Any] | None:
        return CoverSerializer(content).data if content.cover_state == PostContent.Cover.MEASURED else None


class PostSerializer(ModelSerializer[Post]):
    """A post. `caption` is empty unless its owner chose to keep drafts."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    content = serializers.SerializerMethodField()
    latest = serializers.SerializerMethodField()

    class Meta:
        model = Post
        fields = [
            *("id", "account", "posted_at", "duration_s", "share_url", "is_ai_generated", "caption"),
            *("first_seen_at", "last_seen_at", "deleted_at", "content", "latest"),
        ]
        read_only_fields = fields

    @extend_schema_field(ContentSerializer(allow_null=True))
    def get_content(self, post: Post) -> dict[str, Any] | None:
        content = getattr(post, "content", None)
        return ContentSerializer(content).data if content else None

    @extend_schema_field(LatestCountsSerializer(allow_null=True))
    def get_latest(self, post: "WithAnnotations[Post, LatestCounts]") -> dict[str, Any] | None:
        return LatestCountsSerializer(post).data if post.observed_at else None


class PostDetailSerializer(PostSerializer):
    """A post with all its observations, oldest first."""

    observations = ObservationSerializer(many=True, read_only=True)

    class Meta(PostSerializer.Meta):
        fields = [*PostSerializer.Meta.fields, "observations"]
        read_only_fields = fields


class SimilarPostSerializer(Serializer[Similar]):
    """A post whose caption is like another one's."""

    post = PostSerializer()
    similarity = serializers.FloatField(help_text="Of the captions' words and topics, 0 to 1.")
    shared = serializers.ListField(child=serializers.CharField(), help_text="Hashtags that both have.")


@extend_schema_serializer(component_name="Measure")
class MeasureRequestSerializer(Serializer[Any]):
    """A draft's caption."""

    text = serializers.CharField(
        max_length=MAX_CAPTION,
        allow_blank=True,
        trim_whitespace=False,
        help_text=f"TikTok returns the first {MAX_RETURNED} characters of a caption, so those are measured.",
    )
    hashtags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_HASHTAG),
        max_length=100,
        required=False,
        help_text="In addition to those in the text, with or without #.",
    )

    def validate_hashtags(self, tags: list[str]) -> list[str]:
        errors: dict[Any, Any] = {index: NO_HASHTAG % tag for index, tag in enumerate(tags) if not is_hashtag(tag)}
        if errors:
            raise serializers.ValidationError(errors)
        return tags


class CaptionMeasuresSerializer(ModelSerializer[PostContent]):
    """The measures of a caption, by the columns that keep them; null where one cannot be told."""

    class Meta:
        model = PostContent
        fields = [name for name in CAPTION_MEASURES if name != "embedding"]
        read_only_fields = fields
        extra_kwargs = {
            name: {"help_text": f"{column.meaning}."}
            for name, column in declared_columns(PostContent).items()
            if name in CAPTION_MEASURES
        }


class RuleCheckSerializer(Serializer[RuleCheck]):
    """A rule of TikTok, and whether the draft keeps it. A rule is no effect: it says nothing of likes."""

    rule = serializers.CharField()
    limit = serializers.IntegerField()
    found = serializers.IntegerField(help_text="What the draft has.")
    kept = serializers.BooleanField()
    says = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name, as the rule has


class MeasuredCaptionSerializer(Serializer[Any]):
    caption = CaptionMeasuresSerializer()
    rules = RuleCheckSerializer(many=True)


class RefreshSerializer(Serializer[RefreshStatus]):
    """The fetching of an account and its posts: its state, and in words what that means and what can be done."""

    id = serializers.CharField()
    account = serializers.CharField()
    state = serializers.ChoiceField(
        choices=Refresh.State.choices,
        help_text="queued; fetching; waiting: TikTok is asked again at next_attempt_at; partly_read: ended early, with "
        "some posts; done; failed.",
    )
    reason = serializers.ChoiceField(
        choices=Refresh.Reason.choices,
        allow_blank=True,
        help_text="Why it waits, ended early or is done without some posts; else empty.",
    )
    message = serializers.CharField(help_text="What happened, what it means and what can be done, for the person.")
    error = serializers.CharField(help_text="The message where it failed or read only some posts; else empty.")
    next_attempt_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When TikTok is asked again: by this refresh if it waits, by another one if it ended early.",
    )
    progress = serializers.FloatField(allow_null=True, help_text="0 to 1; null while it is not known how much there is")
    posts_stored = serializers.IntegerField(help_text="Posts that this refresh read and stored.")
    posts_expected = serializers.IntegerField(
        allow_null=True, help_text="Posts that TikTok counts; null where the scope for it was declined."
    )
    posts_known = serializers.IntegerField(help_text="Posts of the account that are stored, by whichever refresh.")
    skipped = serializers.IntegerField(help_text="TikTok's videos that could not be used: without id or time.")
    unreadable = serializers.IntegerField(help_text="TikTok's values that could not be used and count as unknown.")
    data_as_of = serializers.DateTimeField(
        allow_null=True, help_text="When the account's posts were last read; null if they never were."
    )
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
