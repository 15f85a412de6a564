"""Measures of cover pictures: decoding, measures of pixels, faces, and an embedding. No picture is kept.

May import nothing else of Postcast.
"""

from posts.content.pictures.covers import COVER_EXTRACTOR_VERSION, CoverMeasures, measure_cover
from posts.content.pictures.decoding import MAX_COVER_BYTES, MAX_COVER_PIXELS, UnreadableImage
from posts.content.pictures.embedding import PICTURE_EMBEDDING_SIZE, installed_network, nearest_covers, use_networks_in

__all__ = [
    "COVER_EXTRACTOR_VERSION",
    "MAX_COVER_BYTES",
    "MAX_COVER_PIXELS",
    "PICTURE_EMBEDDING_SIZE",
    "CoverMeasures",
    "UnreadableImage",
    "installed_network",
    "measure_cover",
    "nearest_covers",
    "use_networks_in",
]
