"""Model versions and their story, account weights, predictions, their outcomes and what people say of them."""

import datetime
import math

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts import identifiers
from accounts.models import TikTokAccount
from posts.models import Post
from privacy.models import PersonalData

_DEVIATIONS = 1.2816
"""How many standard deviations a normal figure stays within, on either side, four times in five."""


class ModelVersionManager(models.Manager["ModelVersion"]):
    """Leaves what is large to be read where it is asked for: artefacts have megabytes, manifests name every account."""

    def get_queryset(self) -> models.QuerySet["ModelVersion"]:
        return super().get_queryset().defer("artefact", "manifest", "metrics")


class ModelVersion(models.Model):
    """An immutable artefact of the global model; the `champion` serves. Its signed hash is checked before loading."""

    class Role(models.TextChoices):
        CHAMPION = "champion"
        CHALLENGER = "challenger"
        RETIRED = "retired"

    name = models.CharField(max_length=32, unique=True, help_text="E.g. v1.3.0")
    role = models.CharField(max_length=16, choices=Role, default=Role.CHALLENGER)
    created_at = models.DateTimeField(auto_now_add=True)
    artefact = models.BinaryField()
    signature = models.CharField(max_length=255, help_text="The signed SHA-256 of the artefact.")
    manifest = models.JSONField(default=dict, help_text="What it was trained on and with.")
    metrics = models.JSONField(default=dict)
    canary_share = models.FloatField(
        default=0.0, help_text="Of a challenger: the share of accounts whose forecasts it gives already."
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


class ForgottenAccount(models.Model):
    """An account that was erased, or whose person takes consent back, by the pseudonym that manifests name it by.

    No version that learned from it may serve.
    """

    pseudonym = models.CharField(max_length=32, primary_key=True)
    forgotten_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.pseudonym


class Benchmark(models.Model):
    """What accounts of one size usually got in a quarter: noisy, and never drawn again (`predictions.benchmarks`).

    Without figures where there were too few accounts.
    """

    quarter = models.DateField(help_text="Its first day.")
    least_followers = models.PositiveBigIntegerField(help_text="Of the accounts; the most is the next size's least.")
    released_at = models.DateTimeField(auto_now_add=True)
    accounts = models.PositiveIntegerField(null=True, help_text="About so many.")
    likes_low = models.FloatField(null=True, help_text="A quarter of the accounts usually got fewer in a first day.")
    likes_typical = models.FloatField(null=True, help_text="Half of them got fewer.")
    likes_high = models.FloatField(null=True, help_text="A quarter of them got more.")
    engagement_rate = models.FloatField(null=True, help_text="Likes, comments and shares per view: the middle account.")
    posts_per_week = models.FloatField(null=True, help_text="The middle account.")

    class Meta:
        ordering = ["-quarter", "least_followers"]
        constraints = [models.UniqueConstraint(fields=["quarter", "least_followers"], name="one_release")]

    def __str__(self) -> str:
        return f"{self.quarter} from {self.least_followers}"

    @property
    def until(self) -> datetime.date:
        """The quarter's last day."""
        after = self.quarter + datetime.timedelta(days=100)
        return after.replace(day=1) - datetime.timedelta(days=1)


class ModelEvent(models.Model):
    """A decision on which model serves: what, when, by whom, why, on what figures. Append-only.

    `from_version` is the champion at the time, None for the prior; `to_version` the one that was decided on.
    """

    class Kind(models.TextChoices):
        PROMOTED = "promoted"
        REFUSED = "refused", "challenger refused"
        ROLLED_BACK = "rolled back"
        CANARY_STARTED = "canary started"
        CANARY_ENDED = "canary ended"

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=16, choices=Kind)
    from_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    to_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.CharField(max_length=150, help_text="A member of staff, or the program that decided.")
    reason = models.TextField()
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind}: {self.from_version or 'the prior'} to {self.to_version or 'the prior'}"


class ForecastFailure(models.Model):
    """A model raised while it forecast or learned; the log has the traceback. Whose forecast it was is not kept."""

    at = models.DateTimeField(auto_now_add=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, null=True, related_name="failures")
    error = models.CharField(max_length=200, help_text="The exception's name.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["model_version", "at"])]

    def __str__(self) -> str:
        return f"{self.error} of {self.model_version or 'the prior'}"


class AccountWeights(PersonalData):
    """What was learned of an account: its weights and the compact history that a forecast needs, in one row."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="weights")
    version = models.PositiveIntegerField(default=1, help_text="Raised by every update.")
    # None: learned beside the prior, before any model was trained
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    posts_sequence = models.PositiveBigIntegerField(
        default=0, help_text="The PostsChange.sequence that these weights have seen."
    )
    as_of = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)
    posts = models.PositiveIntegerField(help_text="Posts with a label.")
    state = models.BinaryField(help_text="predictions.engine.LearnedAccount")
    summary = models.JSONField(default=dict, help_text="The weights, readable.")

    class Meta:
        verbose_name_plural = "account weights"

    def __str__(self) -> str:
        return f"{self.account_id} v{self.version}"


class Miss(PersonalData):
    """How far a post was, at an hour or a day, from its forecast as of its publishing.

    One for each post and age, whether anybody asked for a forecast or not, by the model that served the account when
    the label became known, and never changed: `predictions.engine.evaluation.drift` judges by these.
    """

    # the constraint's index serves
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="misses", db_index=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="misses")
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    age_h = models.PositiveSmallIntegerField(
        "age in hours", default=24, db_default=24, help_text="How old the post was: 24, or 1 for how it began."
    )
    due_at = models.DateTimeField(db_index=True, help_text="When the post was so old.")
    miss = models.FloatField(help_text="Label less typical forecast, over the promised standard deviation.")
    covered = models.BooleanField(help_text="Whether the label is inside the 80 % interval.")
    features_version = models.PositiveSmallIntegerField(help_text="Features of different versions are not compared.")
    features = models.BinaryField(
        help_text="predictions.engine.features.tabular.TABULAR, float32, little-endian; of the first day only."
    )

    class Meta:
        verbose_name_plural = "misses"
        constraints = [models.UniqueConstraint(fields=["post", "age_h"], name="one_miss_per_age")]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.age_h} h: {self.miss:+.2f}"


class DriftCheck(models.Model):
    """What was found when the misses were tested for drift; an alarm asks for retraining."""

    class Verdict(models.TextChoices):
        TOO_FEW = "too_few"
        STEADY = "steady"
        ALARM = "alarm"
        # the change of an earlier alarm goes on
        UNSETTLED = "unsettled"
        SETTLED = "settled"

    checked_at = models.DateTimeField(unique=True)
    verdict = models.CharField(max_length=16, choices=Verdict)
    posts = models.PositiveIntegerField(help_text="Of the last 70 days, with a measured first day.")
    figures = models.JSONField(default=dict, help_text="Each figure of late, before, and the score of the difference.")
    features = models.JSONField(
        default=dict, help_text="Which features moved, in their standard deviations. They are told, and ring nothing."
    )
    # of alarms
    changed_since = models.DateTimeField(
        null=True, help_text="The publishing since which posts are changed, most likely."
    )
    over_at = models.DateTimeField(null=True, help_text="When the change was found to be over.")
    reason = models.CharField(max_length=200, blank=True, help_text="With which retraining is asked for.")
    retraining_requested_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-checked_at"]
        indexes = [models.Index(fields=["verdict", "checked_at"])]

    def __str__(self) -> str:
        return f"{self.verdict} at {self.checked_at:%Y-%m-%d %H:%M}"


class Prediction(PersonalData):
    """A forecast that was given for a draft, recorded as it was shown."""

    class Bucket(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    public_id = models.CharField(max_length=32, unique=True, default=identifiers.prediction_id, editable=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="predictions")
    created_at = models.DateTimeField(auto_now_add=True)
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    weights_version = models.PositiveIntegerField(null=True)
    basis = models.CharField(max_length=16, help_text="prior, population or account")
    # the draft: when, and what was measured of it; the text itself only if the person keeps drafts
    scheduled_for = models.DateTimeField()
    duration_s = models.PositiveIntegerField(null=True)
    caption = models.TextField(blank=True)
    caption_fingerprint = models.CharField(max_length=64)
    caption_length = models.PositiveIntegerField()
    hashtags = ArrayField(models.CharField(max_length=200), default=list)
    client = models.CharField(max_length=100, blank=True, help_text="metadata.client, e.g. web-v0.9")
    # the forecast
    point = models.FloatField()
    typical = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    bucket = models.CharField(max_length=8, choices=Bucket)
    baseline = models.FloatField(null=True)
    metrics = models.JSONField(default=dict)
    measures = models.JSONField(default=dict, help_text="By measure, the typical value and the interval [low, high].")
    engagement_rate = models.JSONField(null=True, help_text="Likes, comments and shares per view; the same shape.")
    warnings = models.JSONField(default=list)
    explanation = models.JSONField(
        null=True, help_text="How far each feature moves it from the usual, in per cent; null where nobody asked."
    )
    latency_ms = models.FloatField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-created_at"]),
            models.Index(fields=["scheduled_for"]),
            # a canary's latency is compared each minute
            models.Index(fields=["model_version", "-created_at"]),
        ]

    def __str__(self) -> str:
        return self.public_id


class Outcome(PersonalData):
    """What the post of a prediction did at the horizon, and how far off the prediction was."""

    class Label(models.TextChoices):
        MEASURED = "measured"
        ESTIMATED = "estimated"

    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="outcome")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="outcomes")
    label = models.CharField(max_length=16, choices=Label)
    # None where it was met before this was kept
    sd = models.FloatField(null=True, help_text="How unsure the likes are: standard deviation of log(1 + likes).")
    likes = models.FloatField()
    comments = models.FloatField(null=True)
    shares = models.FloatField(null=True)
    views = models.FloatField(null=True)
    # |forecast - likes| / likes; None where the post got no like
    error = models.FloatField(null=True, help_text="Of the point forecast, as a share of the likes.")
    typical_error = models.FloatField(null=True, help_text="Of the typical forecast, as a share of the likes.")
    baseline_error = models.FloatField(null=True, help_text="Of the baseline, as a share of the likes.")
    within_interval = models.BooleanField()
    engagement_rate = models.FloatField(null=True, help_text="Likes, comments and shares per view; None without views.")
    measures_within = models.JSONField(
        default=dict, help_text="By measure, whether it lay in its interval; engagement_rate among them."
    )
    met_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"outcome of {self.prediction_id}"

    @property
    def is_measured(self) -> bool:
        """Whether it tells how right the forecast was: an estimate is too unsure to judge by."""
        return self.label == self.Label.MEASURED

    @property
    def low(self) -> float | None:
        """What the likes exceed nine times in ten, where they are an estimate of known uncertainty."""
        return self._likes_at(-_DEVIATIONS)

    @property
    def high(self) -> float | None:
        """What the likes fall short of nine times in ten, where they are an estimate of known uncertainty."""
        return self._likes_at(_DEVIATIONS)

    def _likes_at(self, deviations: float) -> float | None:
        if self.is_measured or self.sd is None:
            return None
        return max(0.0, math.expm1(math.log1p(self.likes) + deviations * self.sd))


class Feedback(PersonalData):
    """What a person holds against a forecast or one of its suggestions, for staff to read beside it."""

    FORECAST = "forecast"
    """The subject of feedback on the forecast as a whole."""

    class Verdict(models.TextChoices):
        USELESS = "useless"
        WRONG = "wrong"

    class Reason(models.TextChoices):
        TOO_HIGH = "too_high", "It is too high"
        TOO_LOW = "too_low", "It is too low"
        TOO_VAGUE = "too_vague", "It is too vague to act on"
        MISSES_SOMETHING = "misses_something", "It misses something that matters"
        UNCLEAR = "unclear", "I do not understand it"
        OTHER = "other", "Something else"

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="feedback")
    subject = models.CharField(
        max_length=64, default=FORECAST, help_text="forecast, or the feature of one of its suggestions."
    )
    verdict = models.CharField(max_length=16, choices=Verdict)
    reason = models.CharField(max_length=32, choices=Reason)
    text = models.TextField(
        blank=True, max_length=1000, help_text="In the person's own words. Personal: shown to them and to staff only."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feedback"
        constraints = [models.UniqueConstraint(fields=["prediction", "subject"], name="one_feedback_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.verdict}"
