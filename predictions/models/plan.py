"""Drafts that creators keep and plan."""

from django.db import models

from accounts import identifiers
from accounts.models import TikTokAccount
from posts.models import Post
from predictions.models.forecasts import Prediction
from privacy.declarations.columns import Column, Kind, Sought, personal, plain
from privacy.models import PersonalData


class SavedDraft(PersonalData):
    """A post that its creator is writing or has planned, until it is published, deleted or long past."""

    implicit_columns = {"id": Column(Kind.PERSONAL, "The number of the draft's row here")}

    public_id = personal(
        models.CharField(max_length=32, unique=True, default=identifiers.draft_id, editable=False),
        "The draft's id in this service's pages and API",
        sought=Sought.WHOLE,
    )
    account = models.ForeignKey(TikTokAccount, on_delete=models.CASCADE, related_name="drafts")
    personal(account, "The account")
    caption = personal(
        models.TextField(blank=True, help_text="Empty unless the person chose to keep texts."),
        "The draft's text, only if you chose to keep texts",
    )
    caption_fingerprint = personal(
        models.CharField(max_length=64, blank=True), "Recognises the draft's post; the text cannot be read from it"
    )
    publish_at = personal(models.DateTimeField(null=True), "When it is to be published, if you chose a time")
    duration_s = personal(models.PositiveIntegerField(null=True), "Its length in seconds")
    cover = personal(
        models.JSONField(null=True, help_text="Measures; the picture was dropped after measuring."),
        "Measures of its cover; the picture itself is not kept",
    )
    variants = personal(
        models.JSONField(default=list, help_text='Of each: {"caption": ..., "publish_at": ISO 8601 or null}.'),
        "Other captions and times that you compare it with, only if you chose to keep texts",
    )
    remind_at = personal(models.DateTimeField(null=True), "When to remind you to post it, if you asked for that")
    prediction = models.ForeignKey(Prediction, on_delete=models.SET_NULL, null=True, related_name="+")
    personal(prediction, "Its last saved forecast")
    post = models.ForeignKey(Post, on_delete=models.SET_NULL, null=True, related_name="+")
    personal(post, "The post that it became")
    version = plain(models.PositiveIntegerField(default=1), "how often it was changed, to notice a stale form")
    created_at = personal(models.DateTimeField(auto_now_add=True), "When you began it")
    updated_at = personal(models.DateTimeField(auto_now=True), "When you last changed it")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "publish_at"]),
            models.Index(fields=["publish_at"]),
            # the sweep of each minute
            models.Index(fields=["remind_at"], condition=models.Q(post=None), name="draft_to_remind"),
        ]

    def __str__(self) -> str:
        return self.public_id
