"""Words that a brand wants in an account's captions, and words that it never wants."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import TikTokAccount
from privacy.declarations.columns import Column, Kind, personal
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
