"""V and its parts in the API: the contract's shape, for the schema."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from predictions.viralscore.subscores import Level

LEVELS = [level.value for level in Level]


class ChecklistItemSerializer(Serializer[Any]):
    """One thing that a part looks at."""

    item = serializers.CharField(help_text="shows_feeling, not_angry, opens_with_hook, ...")
    text = serializers.CharField(help_text="The same in words.")
    met = serializers.BooleanField(allow_null=True, help_text="Null where it is not known.")
    evidence = serializers.ChoiceField(choices=LEVELS)


class ValidationSerializer(Serializer[Any]):
    """Rank correlation of a part with the spread of later posts of this installation, within each account."""

    correlation = serializers.FloatField(allow_null=True, help_text="Mean rank correlation within accounts, -1 to 1.")
    low = serializers.FloatField(allow_null=True, help_text="Of its 99 % interval; null with too few accounts.")
    high = serializers.FloatField(allow_null=True)
    posts = serializers.IntegerField()
    accounts = serializers.IntegerField()


class ComponentSerializer(Serializer[Any]):
    """A part of V."""

    value = serializers.FloatField(
        allow_null=True,
        help_text="0 to 1, 0.5 for the account's usual post; null without evidence or input.",
    )
    evidence = serializers.ChoiceField(choices=LEVELS, help_text="What the number, or else the checklist, rests on.")
    checklist = ChecklistItemSerializer(many=True)
    validation = ValidationSerializer(allow_null=True, help_text="Null where there was too little to learn from.")


class ComponentsSerializer(Serializer[Any]):
    E = ComponentSerializer(help_text="Emotion.")
    H = ComponentSerializer(help_text="Hook.")
    R = ComponentSerializer(help_text="Replicability: easy to copy.")
    S = ComponentSerializer(help_text="Share trigger.")
    T = ComponentSerializer(help_text="Trend match.")


class ViralScoreSerializer(Serializer[Any]):
    """The chance that a post spreads further than its account's usual; it is not the chance to go viral."""

    value = serializers.FloatField(allow_null=True, help_text="0 to 1; null where its parts have no evidence.")
    reason = serializers.CharField(allow_null=True, help_text="Says why there is no value.")
    components = ComponentsSerializer()
