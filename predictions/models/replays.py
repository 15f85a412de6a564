"""Each account's latest posts, forecast as they would have been before publishing."""

from django.db import models

from accounts.models import TikTokAccount
from predictions.models.versions import ModelVersion
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData


class AccountReplay(PersonalData):
    """The row that stores one account's replay, and what was found with it: its usual level and best times."""

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="replay")
    personal(account, "The account")
    version = plain(
        models.PositiveIntegerField(default=1, help_text="Raised by every update."), "raised by every update"
    )
    # None: the prior
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True)
    plain(model_version, "the shared model that forecast")
    time_zone = personal(
        models.CharField(max_length=64, blank=True, help_text="The account's chosen zone at the replay."),
        "The time zone that you had chosen",
    )
    weights_posts = personal(
        models.PositiveIntegerField(help_text="Posts that the account's weights held; another number makes it stale."),
        "How many of your posts were known",
    )
    as_of = personal(models.DateTimeField(help_text="Nothing observed later is used."), "The moment of the replay")
    updated_at = personal(models.DateTimeField(auto_now=True), "When it was made")
    history = personal(
        models.PositiveIntegerField(help_text="Posts with a known first day."),
        "Of how many the first day is known",
    )
    enough_at = personal(
        models.DateTimeField(null=True, help_text="While posts are too few: when there will be enough at this pace."),
        "When there will be enough posts to judge by, at your pace",
    )
    posts = personal(
        models.JSONField(
            default=list,
            help_text="Of each post, oldest first: id, time, range, likes after 24 h, average of the five before.",
        ),
        "What would have been forecast of your latest posts, and what they got",
    )
    usual = personal(
        models.JSONField(default=dict, help_text="Lower quartile, median and upper quartile of likes and views."),
        "What your posts usually get",
    )
    best_times = personal(
        models.JSONField(default=list, help_text="Hours and weekdays that surely do better than the account's own."),
        "When your posts surely do better",
    )

    def __str__(self) -> str:
        return f"replay of {self.account}"
