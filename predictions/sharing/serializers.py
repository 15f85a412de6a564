"""Links in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.serializers import ModelSerializer, Serializer
from predictions.models import SharedLink
from predictions.period_reports.serializers import reported_day
from predictions.sharing.services import LONGEST_DAYS, USUAL_DAYS


@extend_schema_serializer(component_name="ShareRequest")
class ShareSerializer(Serializer[Any]):
    """A thing to share: a forecast by its id, or the report of an account's week or month."""

    prediction_id = serializers.CharField(max_length=32, required=False, help_text="To share a forecast.")
    account_id = serializers.CharField(max_length=32, required=False, help_text="To share a report, with the next two.")
    period = serializers.ChoiceField(choices=SharedLink.Period.choices, required=False)
    day = serializers.DateField(
        required=False, validators=[reported_day], help_text="Any day of the period, in the account's local time."
    )
    with_caption = serializers.BooleanField(
        default=False, help_text="Whether to show captions and hashtags, as far as they are kept."
    )
    days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, default=USUAL_DAYS, help_text="Days for which the link works."
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Refuse anything but one forecast or one report."""
        of_report = {"account_id", "period", "day"}
        named = of_report & asked.keys()
        if "prediction_id" in asked and named:
            raise serializers.ValidationError({"prediction_id": "Expected either a forecast or a report, not both."})
        if "prediction_id" not in asked and (missing := sorted(of_report - named)):
            raise serializers.ValidationError(
                {missing[0]: "Missing: expected `prediction_id`, or `account_id`, `period` and `day`."}
            )
        return asked


class SharedLinkSerializer(ModelSerializer[SharedLink]):
    """A link. Its address was told when it was made, and is not kept."""

    id = serializers.CharField(source="public_id", read_only=True)
    account = serializers.CharField(source="account.public_id", read_only=True)
    prediction_id = serializers.CharField(
        source="prediction.public_id",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The forecast that it shows; null where it shows a report.",
    )
    period = serializers.SerializerMethodField(help_text="Of the report; null where it shows a forecast.")
    opened = serializers.IntegerField(read_only=True, help_text="How often visitors opened it.")

    class Meta:
        model = SharedLink
        fields = [
            *("id", "account", "prediction_id", "period", "first_day", "with_caption"),
            *("created_at", "expires_at", "revoked_at", "opened", "last_opened_on"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=SharedLink.Period.choices, allow_null=True))
    def get_period(self, link: SharedLink) -> str | None:
        return link.period or None


@extend_schema_serializer(component_name="NewSharedLink")
class NewSharedLinkSerializer(SharedLinkSerializer):
    """The answer to making a link: the only time that its address is told."""

    address = serializers.CharField(read_only=True, help_text="Whoever has it sees what is shared, until it ends.")

    class Meta(SharedLinkSerializer.Meta):
        fields = [*SharedLinkSerializer.Meta.fields, "address"]
