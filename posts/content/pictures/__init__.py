"""Measures of cover pictures: decoding, measures of pixels, faces, and an embedding. No picture is kept.

Imports nothing else of Postcast.
"""

from posts.content.pictures.colours import Colour
from posts.content.pictures.covers import COVER_EXTRACTOR_VERSION, CoverMeasures, measure_cover
from posts.content.pictures.decoding import MAX_COVER_BYTES, MAX_COVER_PIXELS, UnreadableImage
from posts.content.pictures.drafts import DraftCover, measure_draft_cover
from posts.content.pictures.embedding import EMBEDDING_NETWORK, PICTURE_EMBEDDING_SIZE
from posts.content.pictures.networks import installed_id, use_networks_in
from posts.content.pictures.nudity import NUDITY_NETWORK, NUDITY_THRESHOLD, Nudity
from posts.content.pictures.writing import WRITING_NETWORK

__all__ = [
    "COVER_EXTRACTOR_VERSION",
    "EMBEDDING_NETWORK",
    "MAX_COVER_BYTES",
    "MAX_COVER_PIXELS",
    "NUDITY_NETWORK",
    "NUDITY_THRESHOLD",
    "PICTURE_EMBEDDING_SIZE",
    "WRITING_NETWORK",
    "Colour",
    "CoverMeasures",
    "DraftCover",
    "Nudity",
    "UnreadableImage",
    "installed_id",
    "measure_cover",
    "measure_draft_cover",
    "use_networks_in",
]
