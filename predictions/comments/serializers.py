"""Comments in the API."""

from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.comments.selectors import Comment
from predictions.models import DraftComment


class NewCommentSerializer(ModelSerializer[DraftComment]):
    """A comment to add."""

    class Meta:
        model = DraftComment
        fields = ["text"]


class DraftCommentSerializer(Serializer[Comment]):
    """A comment on a saved draft. Contacts in its text are blanked."""

    id = serializers.CharField(source="comment.public_id", read_only=True)
    author = serializers.CharField(read_only=True, help_text="What the account's owner calls them, or `the owner`.")
    is_own = serializers.BooleanField(read_only=True, help_text="Whether you wrote it.")
    text = serializers.CharField(source="comment.text", read_only=True)
    created_at = serializers.DateTimeField(source="comment.created_at", read_only=True)
