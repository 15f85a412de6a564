"""Measures of cover pictures: decoding, measures of pixels, faces, and an embedding. No picture is kept.

May import nothing else of Postcast.
"""

from posts.content.pictures.covers import COVER_EXTRACTOR_VERSION, CoverMeasures, measure_cover
from posts.content.pictures.decoding import MAX_COVER_BYTES, MAX_COVER_PIXELS, UnreadableImage

__all__ = [
    "COVER_EXTRACTOR_VERSION",
    "MAX_COVER_BYTES",
    "MAX_COVER_PIXELS",
    "CoverMeasures",
    "UnreadableImage",
    "measure_cover",
]
