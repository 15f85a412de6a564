"""The access trail in the API."""

from django.utils.functional import cached_property
from rest_framework import serializers

from config.api.serializers import ModelSerializer
from privacy.models import AccessEvent
from privacy.people import person_of
from privacy.trail.members import members_of
from privacy.trail.sentences import sentence_of
from privacy.trail.words import words_of


class AccessEventSerializer(ModelSerializer[AccessEvent]):
    """Somebody looked at the person's data or changed it. Staff are not named to people; their reason is."""

    who = serializers.CharField(source="actor_kind")
    member = serializers.SerializerMethodField(
        help_text="Of somebody with a seat at an account: what its owner calls them, and their role; otherwise empty."
    )
    what = serializers.SerializerMethodField(help_text="Which data, in words.")
    sentence = serializers.SerializerMethodField(help_text="All of it in words, as the page says it.")

    class Meta:
        model = AccessEvent
        fields = ["at", "who", "member", "action", "what", "sentence", "through", "why"]

    def get_what(self, event: AccessEvent) -> str:
        return words_of(event.what)

    def get_member(self, event: AccessEvent) -> str:
        return self._member_of(event)

    def get_sentence(self, event: AccessEvent) -> str:
        return sentence_of(event, self._member_of(event))

    def _member_of(self, event: AccessEvent) -> str:
        return self._members.get(event.actor, "") if event.actor_kind == AccessEvent.Actor.MEMBER else ""

    @cached_property
    def _members(self) -> dict[str, str]:
        """What the person's members are called: asked for once for all events of a page."""
        return members_of(person_of(self.context["request"]))
