"""Usual figures of accounts of one size."""

import datetime

from django.db import models


class Benchmark(models.Model):
    """The usual figures of accounts of one size in a quarter, with noise, released once.

    The figures are null where there were too few accounts.
    """

    quarter = models.DateField(help_text="Its first day.")
    least_followers = models.PositiveBigIntegerField(help_text="The most is one less than the next size's least.")
    released_at = models.DateTimeField(auto_now_add=True)
    accounts = models.PositiveIntegerField(null=True, help_text="Approximate number of accounts.")
    likes_low = models.FloatField(null=True, help_text="First quartile of the accounts' median likes in a first day.")
    likes_typical = models.FloatField(null=True, help_text="Median of the same.")
    likes_high = models.FloatField(null=True, help_text="Third quartile of the same.")
    engagement_rate = models.FloatField(null=True, help_text="Likes, comments and shares per view: the median account.")
    posts_per_week = models.FloatField(null=True, help_text="The median account.")

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
