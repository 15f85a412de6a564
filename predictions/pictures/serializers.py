"""A draft's picture in the API."""

from typing import Any

from rest_framework import serializers

from config.api.serializers import Serializer
from posts.content.pictures import NUDITY_THRESHOLD, Colour, Nudity


class PictureFactsSerializer(Serializer[Any]):
    """Measured facts of a picture, for sentences of one's own."""

    light = serializers.ChoiceField(choices=["dark", "medium", "bright"])
    colours = serializers.ListField(
        child=serializers.ChoiceField(choices=[str(colour) for colour in Colour]),
        max_length=2,
        help_text="Those that make up most of it, the larger first; empty where none does. Beside faces, what may be "
        "skin has no name.",
    )
    faces = serializers.IntegerField(min_value=0, help_text="Faces that were found; more may be turned away or small.")
    has_text = serializers.BooleanField(allow_null=True, help_text="Null where text was not looked for.")


class NuditySerializer(Serializer[Any]):
    """A check of the picture by a program. It changes no forecast."""

    result = serializers.ChoiceField(
        choices=[str(result) for result in Nudity],
        help_text="not_checked: no network is installed; may_break_rules: the network's score reaches the threshold.",
    )
    threshold = serializers.FloatField(help_text=f"Score, of 0 to 1, that is warned of: {NUDITY_THRESHOLD}.")
    text = serializers.CharField()


class PictureSerializer(Serializer[Any]):
    """Alt texts, facts and the nudity check of a draft's picture."""

    alt_texts = serializers.DictField(
        child=serializers.CharField(),
        help_text="A sentence for people who do not see the picture, made of `facts`, by language (en-gb, de, ar). "
        "It names nothing that was not measured; edit it before you use it.",
    )
    facts = PictureFactsSerializer()
    nudity = NuditySerializer()
