"""Model versions, the decisions on which of them serves, and their failures."""

from django.db import models
from django.db.models import Q

from privacy.declarations.columns import plain


class ModelVersionManager(models.Manager["ModelVersion"]):
    """Defers the large columns: artefacts have megabytes, and manifests list every account."""

    def get_queryset(self) -> models.QuerySet["ModelVersion"]:
        return super().get_queryset().defer("artefact", "manifest", "metrics")


class ModelVersion(models.Model):
    """An immutable artefact of the global model; the `champion` serves. Its signed hash is checked before loading."""

    class Role(models.TextChoices):
        CHAMPION = "champion"
        CHALLENGER = "challenger"
        RETIRED = "retired"

    name = plain(models.CharField(max_length=32, unique=True, help_text="E.g. v1.3.0"), "the version")
    role = plain(models.CharField(max_length=16, choices=Role, default=Role.CHALLENGER), "whether it serves")
    created_at = plain(models.DateTimeField(auto_now_add=True), "when it was registered")
    artefact = plain(models.BinaryField(), "the model")
    signature = plain(
        models.CharField(max_length=255, help_text="The signed SHA-256 of the artefact."),
        "the signed hash of the model",
    )
    manifest = plain(
        models.JSONField(default=dict, help_text="Training data, seed, libraries and build."),
        "what it was trained on: counts, hashes, accounts by keyed pseudonym",
    )
    metrics = plain(models.JSONField(default=dict), "how well it does")
    canary_share = plain(
        models.FloatField(default=0.0, help_text="Share of accounts (0 to 1) that a challenger on canary serves."),
        "the share of accounts that it serves as a trial",
    )

    objects = ModelVersionManager()

    class Meta:
        ordering = ["-id"]
        permissions = [("roll_back_modelversion", "Can roll back to the previous champion")]
        constraints = [
            models.UniqueConstraint(fields=["role"], condition=Q(role="champion"), name="one_champion"),
            models.UniqueConstraint(fields=["role"], condition=Q(canary_share__gt=0), name="one_canary"),
            models.CheckConstraint(
                condition=Q(canary_share=0) | Q(canary_share__gt=0, canary_share__lte=1, role="challenger"),
                name="canary_is_a_challenger",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ModelEvent(models.Model):
    """A decision on which model serves, with its author, reason and figures. Append-only.

    `from_version` is the champion at the time, None for the prior; `to_version` is the version decided on.
    """

    class Kind(models.TextChoices):
        PROMOTED = "promoted"
        REFUSED = "refused", "challenger refused"
        ROLLED_BACK = "rolled back"
        CANARY_STARTED = "canary started"
        CANARY_ENDED = "canary ended"

    at = plain(models.DateTimeField(auto_now_add=True), "when")
    kind = plain(models.CharField(max_length=16, choices=Kind), "what was decided")
    from_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    plain(from_version, "which version served")
    to_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    plain(to_version, "which version it was about")
    by = plain(
        models.CharField(max_length=150, help_text="A member of staff, or the program that decided."),
        "the member of staff, or the program",
    )
    reason = plain(models.TextField(), "why")
    figures = plain(models.JSONField(default=dict), "on what figures, over all accounts")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.from_version or 'the prior'} to {self.to_version or 'the prior'}"


class ForecastFailure(models.Model):
    """A model raised while forecasting or learning. The traceback is in the log; the account is not kept."""

    at = plain(models.DateTimeField(auto_now_add=True), "when")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, null=True, related_name="failures")
    plain(model_version, "which model")
    error = plain(models.CharField(max_length=200, help_text="The exception's name."), "the error's name")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["model_version", "at"])]

    def __str__(self) -> str:
        return f"{self.error} of {self.model_version or 'the prior'}"
