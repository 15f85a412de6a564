"""Usual figures of accounts of one size."""

import datetime

from django.db import models

from privacy.declarations.columns import plain


class Benchmark(models.Model):
    """The usual figures of accounts of one size in a quarter, with noise, released once.

    The figures are null where there were too few accounts.
    """

    quarter = plain(models.DateField(help_text="Its first day."), "the quarter")
    least_followers = plain(
        models.PositiveBigIntegerField(help_text="The most is one less than the next size's least."),
        "from how many followers on",
    )
    released_at = plain(models.DateTimeField(auto_now_add=True), "when")
    accounts = plain(
        models.PositiveIntegerField(null=True, help_text="Approximate number of accounts."),
        "about how many accounts, never fewer than twenty",
    )
    likes_low = plain(
        models.FloatField(null=True, help_text="First quartile of the accounts' median likes in a first day."),
        "what a quarter of them usually fall short of, with noise",
    )
    likes_typical = plain(
        models.FloatField(null=True, help_text="Median of the same."), "what half of them fall short of, with noise"
    )
    likes_high = plain(
        models.FloatField(null=True, help_text="Third quartile of the same."),
        "what a quarter of them exceed, with noise",
    )
    engagement_rate = plain(
        models.FloatField(null=True, help_text="Likes, comments and shares per view: the median account."),
        "of the middle account, with noise",
    )
    posts_per_week = plain(
        models.FloatField(null=True, help_text="The median account."), "of the middle account, with noise"
    )

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
