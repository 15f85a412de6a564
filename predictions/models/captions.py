"""Tables of the caption writer: a brand's words, an account's style, and appeals against texts that were held back."""

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from privacy.declarations.columns import Column, Kind, Sought, personal, plain
from privacy.models import PersonalData

MOST_PHRASES, LONGEST_PHRASE = 20, 60
"""Of each list; of a phrase in characters."""


class BrandWords(PersonalData):
    """The lists of one account, for captions that are written with it."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the lists' row here")}

    account = models.OneToOneField(TikTokAccount, on_delete=models.CASCADE, related_name="brand_words")
    personal(account, "The account")
    must = personal(
        ArrayField(models.CharField(max_length=LONGEST_PHRASE), default=list),
        "Words that a written caption has to have",
    )
    never = personal(
        ArrayField(models.CharField(max_length=LONGEST_PHRASE), default=list),
        "Words that a written caption never has",
    )
    updated_at = personal(models.DateTimeField(auto_now=True), "When you last changed them")

    class Meta:
        verbose_name_plural = "brand words"

    def __str__(self) -> str:
        return f"{self.account_id}"


def _middle(style: "CaptionStyle") -> list[float]:
    return [round(float(value), 4) for value in np.frombuffer(style.middle, "<f4")]


class CaptionStyle(PersonalData):
    """The row that stores how an account's captions are usually written, derived from those that are kept."""

    account = models.OneToOneField(
        TikTokAccount, on_delete=models.CASCADE, primary_key=True, related_name="caption_style"
    )
    personal(account, "The account")
    encoder = plain(
        models.PositiveIntegerField(help_text="EXTRACTOR_VERSION; a row of another one is not used."),
        "version of what measured the captions",
    )
    captions = personal(models.PositiveIntegerField(), "From how many captions it was worked out")
    middle = personal(
        models.BinaryField(help_text="Mean of the captions' embeddings, of length one: float32, little-endian."),
        "What your captions are mostly about, as numbers",
        exported=_middle,
    )
    measures = personal(
        models.JSONField(help_text="Of length, words, signs, emoji, hashtags, capitals: mean and spread; distances."),
        "How long your captions usually are, how many signs, emoji and hashtags they have, and how much they differ",
    )
    updated_at = personal(models.DateTimeField(auto_now=True), "When it was worked out")

    def __str__(self) -> str:
        return f"style of {self.account_id}"


class CaptionAppeal(PersonalData):
    """A person's word that a text was held back by mistake, which staff decide on."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the appeal's row here")}

    class State(models.TextChoices):
        OPEN = "open"
        ALLOWED = "allowed"
        KEPT = "kept", "Kept back"

    class Reason(models.TextChoices):
        OTHER_MEANING = "other_meaning", "Allow: the word means something else here"
        QUOTATION = "quotation", "Allow: it is a name or a quotation"
        HURTS = "hurts", "Keep back: it can hurt people as it is written"
        PLATFORM = "platform", "Keep back: TikTok's rules do not allow it"

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.appeal_id, editable=False),
        "The appeal's id in this service's API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="caption_appeals")
    personal(account, "The account")
    text = personal(models.TextField(blank=True), "The text that was held back, until staff decided")
    fingerprint = personal(
        models.CharField(max_length=64), "Recognises the text when you write it again; it cannot be read from it"
    )
    rules = personal(ArrayField(models.CharField(max_length=16)), "Why it was held back")
    state = personal(models.CharField(max_length=8, choices=State, default=State.OPEN), "What staff decided")
    reason = personal(models.CharField(max_length=16, choices=Reason, blank=True), "Why staff decided so")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you asked")
    decided_at = personal(models.DateTimeField(null=True), "When staff decided")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["account", "fingerprint"], name="one_appeal_per_text")]

    def __str__(self) -> str:
        return self.public_id
