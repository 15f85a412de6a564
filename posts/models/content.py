"""Measures of posts' captions and covers."""

from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.db import models

from posts.content.captions import EXTRACTOR_VERSION, CaptionMeasures
from posts.content.embeddings import EMBEDDING_SIZE
from posts.content.pictures import COVER_EXTRACTOR_VERSION, CoverMeasures
from posts.content.wording import Hook
from posts.models.posts import Post
from privacy.declarations.columns import personal, plain
from privacy.models import PersonalData

CAPTION_MEASURES = tuple(field.name for field in fields(CaptionMeasures))
"""Columns of a caption's measures: each is named as its field."""
COVER_MEASURES = tuple(field.name for field in fields(CoverMeasures))
"""A cover's measures: the column of each is `cover_` and its name."""
COVER_COLUMNS = (
    *("cover_state", "cover_attempts", "cover_retry_at", "cover_extractor_version"),
    *(f"cover_{name}" for name in COVER_MEASURES),
)
"""Columns that measuring a cover writes."""
_FIRST_COVER_MEASURES = tuple(field.name for field in fields(CoverMeasures) if field.default is MISSING)
"""Measures that every version of the extractor took."""


def _embedding(content: "PostContent") -> list[int]:
    return [int(value) for value in np.frombuffer(content.embedding, dtype=np.int8)]


def _cover_embedding(content: "PostContent") -> list[int] | None:
    stored = content.cover_embedding
    return None if stored is None else [int(value) for value in np.frombuffer(stored, dtype=np.int8)]


class PostContent(PersonalData):
    """Measures of a post's caption and cover (`posts.content`); both were dropped after measuring."""

    class Cover(models.TextChoices):
        PENDING = "pending"
        MEASURED = "measured"
        # TikTok no longer gives the picture, or it cannot be read
        UNAVAILABLE = "unavailable"

    post = models.OneToOneField(Post, on_delete=models.CASCADE, primary_key=True, related_name="content")
    personal(post, "The post")
    extractor_version = plain(models.PositiveSmallIntegerField(), "version of the code that measured it")
    caption_fingerprint = personal(
        models.CharField(
            max_length=64,
            help_text="Keyed digest of the normalised caption: recognises a draft, reveals no text.",
        ),
        "Recognises the caption of a draft; the text cannot be read from it",
    )
    length = personal(models.PositiveIntegerField(), "Characters of the caption")
    words = personal(models.PositiveIntegerField(), "Words of the caption")
    questions = personal(models.PositiveIntegerField(), "Question marks")
    exclamations = personal(models.PositiveIntegerField(), "Exclamation marks")
    emoji = personal(models.PositiveIntegerField(), "Emoji")
    mentions = personal(models.PositiveIntegerField(), "Mentions of others (how many, not whom)")
    links = personal(models.PositiveIntegerField(), "Links (how many, not where to)")
    uppercase_share = personal(models.FloatField(), "Share of capitals")
    sentiment = personal(
        models.FloatField(null=True), "Tone, from -1 to 1: of English words and of emoji; empty where it cannot be read"
    )
    emoji_sentiment = personal(models.FloatField(null=True), "Tone of the emoji, from -1 to 1; empty without any")
    language = personal(
        models.CharField(max_length=8, default="", blank=True, help_text="ISO 639; empty: unknown."),
        "Language of the caption; empty where it could not be told",
    )
    reading_ease = personal(
        models.FloatField(null=True, help_text="Flesch's: 100 very easy, 0 very hard."),
        "How easily an English caption reads; empty where that is not defined",
    )
    hook = personal(
        models.CharField(
            max_length=16, default="", blank=True, help_text=f"{', '.join(filter(None, Hook))}; or empty."
        ),
        "Kind of the first words: a question, a number, a command ...",
    )
    call_to_action = personal(
        models.PositiveSmallIntegerField(default=0),
        "Different things that viewers are asked to do (follow, comment ...)",
    )
    hashtags = personal(ArrayField(models.CharField(max_length=200), default=list), "Hashtags")
    embedding = personal(
        models.BinaryField(help_text="int8, see posts.content"),
        "A row of numbers for the likeness of texts",
        exported=_embedding,
    )
    cover_state = personal(
        models.CharField(max_length=16, choices=Cover, default=Cover.PENDING), "Whether the cover was measured"
    )
    cover_attempts = plain(models.PositiveSmallIntegerField(default=0), "how often the cover was asked for in vain")
    cover_retry_at = plain(
        models.DateTimeField(
            null=True, help_text="Listings leave the cover alone until then; null: they need not wait."
        ),
        "when the cover is asked for again",
    )
    cover_brightness = personal(models.FloatField(null=True), "Brightness of the cover, 0 to 1")
    cover_contrast = personal(models.FloatField(null=True), "Contrast of the cover")
    cover_saturation = personal(models.FloatField(null=True), "Saturation of the cover")
    cover_colourfulness = personal(models.FloatField(null=True), "Colourfulness of the cover")
    cover_sharpness = personal(models.FloatField(null=True), "Sharpness of the cover")
    cover_extractor_version = plain(
        models.PositiveSmallIntegerField(default=1), "version of the code that measured the cover"
    )
    cover_width = personal(models.PositiveIntegerField(null=True), "Width of the cover, pixels")
    cover_height = personal(models.PositiveIntegerField(null=True), "Height of the cover, pixels")
    cover_shadows = personal(models.FloatField(null=True), "Share of the cover that is black")
    cover_highlights = personal(models.FloatField(null=True), "Share of the cover that is white")
    cover_noise = personal(models.FloatField(null=True), "Noise (grain) of the cover")
    cover_clutter = personal(models.FloatField(null=True), "Share of the cover that is edges")
    cover_crop_loss = personal(models.FloatField(null=True), "Share of the cover that 9:16 leaves out")
    cover_faces = personal(
        models.PositiveSmallIntegerField(null=True), "How many faces the cover shows (how many, not whose)"
    )
    cover_face_area = personal(models.FloatField(null=True), "Share of the cover that the largest face takes")
    cover_face_x = personal(models.FloatField(null=True), "Where that face is, from the left, 0 to 1")
    cover_face_y = personal(models.FloatField(null=True), "Where that face is, from the top, 0 to 1")
    cover_smile = personal(models.FloatField(null=True), "How likely that face smiles, 0 to 1")
    cover_text_share = personal(models.FloatField(null=True), "Share of the cover that text covers (not what it says)")
    cover_embedding = personal(
        models.BinaryField(null=True, help_text="int8, see posts.content.pictures"),
        "A row of numbers for the likeness of covers",
        exported=_cover_embedding,
    )
    cover_network = plain(
        models.CharField(max_length=12, default="", blank=True), "id of the network that made the cover's embedding"
    )

    def __str__(self) -> str:
        return f"measures of {self.post}"

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
        self.cover_extractor_version = COVER_EXTRACTOR_VERSION
        for name in COVER_MEASURES:
            setattr(self, f"cover_{name}", getattr(measures, name))
        self.cover_embedding = None if measures.embedding is None else measures.embedding.tobytes()

    @property
    def cover_measures(self) -> CoverMeasures | None:
        """The measures of the cover; None unless there are all that every version of the extractor took.

        What only a newer version takes is None until the cover is measured again.
        """
        measures = {name: getattr(self, f"cover_{name}") for name in COVER_MEASURES}
        if any(measures[name] is None for name in _FIRST_COVER_MEASURES):
            return None
        if self.cover_embedding is not None:
            measures["embedding"] = np.frombuffer(self.cover_embedding, dtype=np.int8)
        return CoverMeasures(**measures)
