"""Hashtags over time: counts of accounts with noise, and those that were found to rise. Neither names anybody."""

from django.db import models

from privacy.declarations.columns import plain


class HashtagCount(models.Model):
    """About how many accounts used a hashtag in six hours. The noise is drawn once; the true count is not kept."""

    tag = plain(
        models.CharField(max_length=200, blank=True, help_text="Without #; empty: accounts that published at all."),
        "the hashtag",
    )
    ended_at = plain(models.DateTimeField(), "the end of the six hours")
    accounts = plain(models.IntegerField(help_text="With noise, so perhaps below zero."), "how many, with noise")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "ended_at"], name="one_count_per_bucket")]
        indexes = [models.Index(fields=["ended_at"])]

    def __str__(self) -> str:
        return f"#{self.tag} until {self.ended_at:%-d %b %Y, %H:%M}"


class Trend(models.Model):
    """A hashtag that rose among many accounts, as of a moment. Released once, never changed."""

    tag = plain(models.CharField(max_length=200, help_text="Without #."), "the hashtag")
    language = plain(
        models.CharField(max_length=8, blank=True, help_text="ISO 639; empty: of no one language."),
        "the language of most captions with it",
    )
    as_of = plain(models.DateTimeField(db_index=True), "when it was found")
    accounts = plain(
        models.PositiveIntegerField(help_text="That used it in the 24 h before, with noise."),
        "about how many accounts used it on that day",
    )
    growth = plain(models.FloatField(help_text="Times its usual number of accounts a day."), "by what factor it rose")
    growth_low = plain(models.FloatField(help_text="Of an 80 % interval."), "the factor's lower bound")
    growth_high = plain(models.FloatField(help_text="Of an 80 % interval."), "the factor's upper bound")

    class Meta:
        ordering = ["-as_of", "-growth", "tag"]
        constraints = [models.UniqueConstraint(fields=["tag", "as_of"], name="one_trend_at_a_time")]

    def __str__(self) -> str:
        return f"#{self.tag} as of {self.as_of:%-d %b %Y, %H:%M}"
