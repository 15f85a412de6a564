"""Notices in the API."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import Notice
from accounts.telling.words import words_of
from config.api.serializers import ModelSerializer, Serializer


@extend_schema_serializer(component_name="Notification")
class NoticeSerializer(ModelSerializer[Notice]):
    """Something that happened, in figures and in words."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True, allow_null=True, default=None)
    about = serializers.CharField(
        read_only=True, help_text="The id of what it is about: a post, draft, account, copy, webhook or week."
    )
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField(help_text="For people; programs read `params`.")
    params = serializers.DictField(read_only=True, help_text="Figures and moments, by kind.")
    link = serializers.SerializerMethodField(help_text="The page that shows more.")

    class Meta:
        model = Notice
        fields = ["id", "kind", "account", "about", "title", "text", "params", "link", "created_at", "read_at"]
        read_only_fields = fields

    def get_title(self, notice: Notice) -> str:
        return words_of(notice).title

    def get_text(self, notice: Notice) -> str:
        return words_of(notice).text

    def get_link(self, notice: Notice) -> str:
        request: Request = self.context["request"]
        return request.build_absolute_uri(notice.link)


class ReadSerializer(Serializer[dict[str, int]]):
    """The answer to reading all."""

    read = serializers.IntegerField(help_text="Notices that were unread.")
