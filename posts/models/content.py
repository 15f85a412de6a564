"""Measures of posts' captions and covers."""

from dataclasses import fields
from typing import Any

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.db import models

from posts.content.captions import EXTRACTOR_VERSION, CaptionMeasures
from posts.content.embeddings import EMBEDDING_SIZE
from posts.content.pictures import CoverMeasures
from posts.models.posts import Post
from privacy.models import PersonalData

CAPTION_MEASURES = tuple(field.name for field in fields(CaptionMeasures))
"""Columns of a caption's measures: each is named as its field."""
COVER_MEASURES = tuple(field.name for field in fields(CoverMeasures))
"""A cover's measures: the column of each is `cover_` and its name."""


class PostContent(PersonalData):
    """Measures of a post's caption and cover (`posts.content`); both were dropped after measuring."""

    class Cover(models.TextChoices):
        PENDING = "pending"
        MEASURED = "measured"
        # TikTok no longer gives the picture, or it cannot be read
        UNAVAILABLE = "unavailable"

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="content")
    extractor_version = models.PositiveSmallIntegerField()
    caption_fingerprint = models.CharField(
        max_length=64,
        help_text="Keyed digest of the normalised caption: recognises a draft, reveals no text.",
    )
    length = models.PositiveIntegerField()
    words = models.PositiveIntegerField()
    questions = models.PositiveIntegerField()
    exclamations = models.PositiveIntegerField()
    emoji = models.PositiveIntegerField()
    mentions = models.PositiveIntegerField()
    links = models.PositiveIntegerField()
    uppercase_share = models.FloatField()
    sentiment = models.FloatField()
    hashtags = ArrayField(models.CharField(max_length=200), default=list)
    embedding = models.BinaryField(help_text="int8, see posts.content")
    cover_state = models.CharField(max_length=16, choices=Cover, default=Cover.PENDING)
    cover_attempts = models.PositiveSmallIntegerField(default=0)
    cover_brightness = models.FloatField(null=True)
    cover_contrast = models.FloatField(null=True)
    cover_saturation = models.FloatField(null=True)
    cover_colourfulness = models.FloatField(null=True)
    cover_sharpness = models.FloatField(null=True)

    def __str__(self) -> str:
        return f"content of {self.post_id}"

    @staticmethod
    def caption_columns(measures: CaptionMeasures) -> dict[str, Any]:
        """Return the measures of a caption as values of their columns, with the version that measured them."""
        columns = {name: getattr(measures, name) for name in CAPTION_MEASURES}
        columns["hashtags"] = list(measures.hashtags)
        columns["embedding"] = measures.embedding.tobytes()
        return {"extractor_version": EXTRACTOR_VERSION, **columns}

    @property
    def caption_measures(self) -> CaptionMeasures:
        """The measures of the caption, with a zero embedding if an older extractor took them.

        Embeddings of two extractors cannot be compared, and the caption is gone: it is measured anew when the post is
        next fetched.
        """
        columns = {name: getattr(self, name) for name in CAPTION_MEASURES}
        columns["hashtags"] = tuple(self.hashtags)
        columns["embedding"] = (
            np.frombuffer(self.embedding, dtype=np.int8)
            if self.extractor_version == EXTRACTOR_VERSION
            else np.zeros(EMBEDDING_SIZE, dtype=np.int8)
        )
        return CaptionMeasures(**columns)

    def set_cover(self, measures: CoverMeasures) -> None:
        """Take over the measures of the cover, unsaved."""
        self.cover_state = self.Cover.MEASURED
        for name in COVER_MEASURES:
            setattr(self, f"cover_{name}", getattr(measures, name))

    @property
    def cover_measures(self) -> CoverMeasures | None:
        """The measures of the cover; None unless there are all of them."""
        measures = {name: getattr(self, f"cover_{name}") for name in COVER_MEASURES}
        return None if None in measures.values() else CoverMeasures(**measures)
