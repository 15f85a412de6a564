"""Requests for captions, captions and brand words as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.captions.services import LARGEST_ETA, USUAL_ETA, Written
from predictions.captions.words import notes_on, reasons_of
from predictions.captions.writing.candidates import FEWEST, LONGEST, MOST, SHORTEST, USUAL
from predictions.captions.writing.lines import Origin
from predictions.captions.writing.moderation import Verdict
from predictions.captions.writing.ranking import Dropped, Ranked
from predictions.forecasts.serializers import DATA_AS_OF_HELP, MAX_DURATION_S
from predictions.models import BrandWords, CaptionAppeal
from predictions.models.captions import LONGEST_PHRASE, MOST_PHRASES

MAX_BRIEF = 1_000
MOST_HASHTAGS = 30
RULES = [verdict.value for verdict in Verdict]
"""Why a word list holds a text back."""


def _phrases(words: str) -> serializers.ListField:
    phrase = serializers.CharField(max_length=LONGEST_PHRASE)
    return serializers.ListField(child=phrase, max_length=MOST_PHRASES, help_text=words)


@extend_schema_serializer(component_name="CaptionRequest")
class CaptionRequestSerializer(Serializer[Any]):
    """A brief, or the draft of a caption, and what the captions have to keep to."""

    account_id = serializers.CharField(
        max_length=32, required=False, allow_null=True, help_text="May be left out by a person with one account."
    )
    brief = serializers.CharField(
        max_length=MAX_BRIEF,
        help_text="What the post is about, in your words: the only source of facts. A draft's caption does too.",
    )
    n = serializers.IntegerField(min_value=FEWEST, max_value=MOST, default=USUAL, help_text="Captions at most.")
    eta = serializers.FloatField(
        min_value=0.0,
        max_value=LARGEST_ETA,
        default=USUAL_ETA,
        help_text="Weight of `chance_above_usual` against `log_probability`, each counted in standard deviations among "
        "these captions; 0 ranks by your voice alone.",
    )
    language = serializers.RegexField(
        r"^[a-z]{2,3}$",
        required=False,
        help_text="ISO 639; by default that of your captions, else the brief's.",
    )
    max_length = serializers.IntegerField(min_value=SHORTEST, max_value=LONGEST, default=150, help_text="Characters.")
    max_hashtags = serializers.IntegerField(min_value=0, max_value=MOST_HASHTAGS, default=5)
    must = _phrases("Words that each caption has to have, beside the account's own list.")
    never = _phrases("Words that no caption has, beside the account's own list.")
    seed = serializers.IntegerField(min_value=0, max_value=1_000, default=0, help_text="Another one gives others.")
    scheduled_time_utc = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it is to be published, for the chance; by default now."
    )
    duration_s = serializers.IntegerField(min_value=1, max_value=MAX_DURATION_S, required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; the lists may be left out."""
        fields = super().get_fields()
        for name in ("must", "never"):
            fields[name].required = False
        return fields


class CaptionSerializer(Serializer[Any]):
    text = serializers.CharField()
    opening = serializers.ChoiceField(
        choices=[origin.value for origin in Origin],
        help_text="Where its first line comes from: an `own` caption, one `adapted` to the brief's subject, a `habit` "
        "of yours, a `new` line from your words, a `template`, your `brief`, or the operator's `endpoint`.",
    )
    score = serializers.FloatField(
        help_text="`log_probability` + `eta` × `chance_above_usual`, each less the mean of these captions and in their "
        "standard deviations, the chance's of at least 0.02: smaller differences say too little. Null counts as even."
    )
    log_probability = serializers.FloatField(
        help_text="Mean log P per token of your model: nearer to 0 is more like you."
    )
    chance_above_usual = serializers.FloatField(
        allow_null=True, help_text="Probability that the forecast with this caption beats your usual likes."
    )
    style_similarity = serializers.FloatField(
        allow_null=True, help_text="Share of your own captions that are further from your style."
    )
    why = serializers.ListField(child=serializers.CharField(), help_text="In plain words.")


class DroppedSerializer(Serializer[Any]):
    reason = serializers.ChoiceField(choices=[reason.value for reason in Dropped])
    count = serializers.IntegerField()


class CaptionsSerializer(Serializer[Any]):
    """The shape of `captions_answer`, for the schema."""

    captions = CaptionSerializer(many=True, help_text="Best first. Read them before you post one.")
    dropped = DroppedSerializer(many=True, help_text="Captions that were made and are not shown, by reason.")
    in_your_voice = serializers.BooleanField(help_text="False: too few captions are kept, so these are templates.")
    own_captions = serializers.IntegerField(help_text="Captions of yours that were read.")
    moderated = serializers.BooleanField(help_text="Whether there is a word list for the language.")
    held_back = serializers.ListField(
        child=serializers.ChoiceField(choices=RULES),
        help_text="Why a word list holds the brief back, so that nothing is written; see `/caption-appeals`.",
    )
    chance_decides = serializers.BooleanField(
        help_text="Whether `chance_above_usual` differs enough between these captions to tell them apart."
    )
    endpoint = serializers.CharField(
        help_text='Of the operator\'s language model: "off", "used", or why it gave nothing, such as "timed_out".'
    )
    notes = serializers.ListField(child=serializers.CharField())
    model_version = serializers.CharField()
    data_as_of = serializers.DateTimeField(allow_null=True, help_text=DATA_AS_OF_HELP)
    latency_ms = serializers.FloatField()


@extend_schema_serializer(component_name="BrandWords")
class BrandWordsSerializer(ModelSerializer[BrandWords]):
    """Words that captions of the account have to have, and words that they never have."""

    must = _phrases("Each written caption has them; they count as given facts.")
    never = _phrases("No written caption has them.")

    class Meta:
        model = BrandWords
        fields = ["must", "never"]


@extend_schema_serializer(component_name="CaptionAppealRequest")
class AppealRequestSerializer(Serializer[Any]):
    """A text that was held back by mistake."""

    account_id = serializers.CharField(max_length=32)
    text = serializers.CharField(max_length=MAX_BRIEF, help_text="As it was sent; staff read it.")


class CaptionAppealSerializer(ModelSerializer[CaptionAppeal]):
    """An appeal; its text is deleted once staff decided."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    rules = serializers.ListField(child=serializers.ChoiceField(choices=RULES))
    reason = serializers.ChoiceField(
        choices=CaptionAppeal.Reason.values, allow_blank=True, help_text="Empty until staff decided."
    )

    class Meta:
        model = CaptionAppeal
        fields = ["id", "account", "text", "rules", "state", "reason", "created_at", "decided_at"]
        read_only_fields = fields


def captions_answer(written: Written) -> dict[str, Any]:
    """Return captions as the API answers them."""
    writing = written.writing
    return {
        "captions": [_caption(each) for each in writing.ranked],
        "dropped": [{"reason": reason.value, "count": count} for reason, count in writing.dropped.items()],
        "in_your_voice": writing.has_voice,
        "own_captions": written.captions,
        "moderated": writing.is_moderated,
        "held_back": sorted(verdict.value for verdict in writing.brief_verdicts),
        "chance_decides": writing.values_differ,
        "endpoint": written.endpoint,
        "notes": notes_on(written),
        "model_version": written.model_version,
        "data_as_of": written.data.data_as_of,
        "latency_ms": written.latency_ms,
    }


def _caption(ranked: Ranked) -> dict[str, Any]:
    return {
        "text": ranked.candidate.text,
        "opening": ranked.candidate.opening.origin.value,
        "score": round(ranked.score, 4),
        "log_probability": round(ranked.log_probability, 4),
        "chance_above_usual": ranked.value,
        "style_similarity": None if ranked.alike is None else round(ranked.alike, 3),
        "why": reasons_of(ranked),
    }
