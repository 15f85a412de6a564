"""The sub-scores as they were learned last, between trainings of a model."""

from django.db import models

from privacy.declarations.columns import plain


class ScoreRecord(models.Model):
    """A record of sub-scores that was learned since a model was trained; the newest is scored with."""

    learned_at = plain(models.DateTimeField(auto_now_add=True), "when it was learned")
    until = plain(models.DateTimeField(help_text="Learned from nothing published or counted later."), "as of when")
    posts = plain(models.PositiveIntegerField(help_text="Posts with a known first day."), "from how many posts")
    new_posts = plain(
        models.PositiveIntegerField(help_text="First days that came in since the record before it."),
        "how many first days had come in",
    )
    record = plain(
        models.JSONField(help_text="`Record.to_json`: weights and evidence, of all accounts together."),
        "the weights of the parts, and how well they did, over all accounts",
    )
    pseudonyms = plain(
        models.JSONField(default=list, help_text="Of the accounts that it was learned from."),
        "the accounts that it was learned from, by keyed pseudonym",
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"sub-scores as of {self.until:%-d %b %Y, %H:%M}"
