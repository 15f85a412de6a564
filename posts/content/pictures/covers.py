"""Measure a cover: one row of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posts.content.pictures import measures
from posts.content.pictures.decoding import Picture, decode
from posts.content.pictures.embedding import EMBEDDING_NETWORK, embed
from posts.content.pictures.faces import Face, find_faces, smile
from posts.content.pictures.networks import installed, installed_id
from posts.content.pictures.writing import WRITING_NETWORK, text_share

COVER_SIDE = 256
"""Covers are measured at this size (pixels of the longer side), so that they can be compared."""

COVER_EXTRACTOR_VERSION = 2
"""Raise it whenever the same picture would give other measures."""


@dataclass(frozen=True, slots=True)
class CoverMeasures:
    """Measures of a cover; `posts.content.pictures.measures` says what each means. Shares lie in 0..1.

    Each field is a column of `posts.models.PostContent`, behind `cover_`. Fields with a default are None where an older
    version measured the cover.
    """

    brightness: float
    contrast: float
    saturation: float
    colourfulness: float
    sharpness: float
    width: int | None = None
    """Pixels of the picture as it is shown, after rotation."""
    height: int | None = None
    shadows: float | None = None
    highlights: float | None = None
    noise: float | None = None
    clutter: float | None = None
    crop_loss: float | None = None
    faces: int | None = None
    face_area: float | None = None
    """Share of the picture that the largest face takes; 0 without a face."""
    face_x: float | None = None
    """Middle of the largest face, from the left (0) to the right (1); None without a face."""
    face_y: float | None = None
    """The same from the top (0) to the bottom (1)."""
    smile: float | None = None
    """Probability that the largest face smiles; None without a face."""
    text_share: float | None = None
    """Share of the picture that text covers; None where it was not asked for, or no network is installed."""
    embedding: NDArray[np.int8] | None = field(default=None, compare=False)
    """(PICTURE_EMBEDDING_SIZE,) int8; None where no network is installed."""
    network: str = ""
    """Id of the network that made the embedding, empty without: only embeddings of one network can be compared."""


def measure_cover(data: bytes, *, with_text: bool = False) -> CoverMeasures:
    """Measure a cover picture (JPEG, PNG, WebP or GIF); the bytes are kept nowhere.

    `with_text` also looks for text, which takes up to a tenth of a second more.

    Raise UnreadableImage when the bytes are not one picture that can be decoded within limits.
    """
    picture = decode(data)
    return measure_picture(picture, find_faces(picture.image), with_text=with_text)


def measure_picture(picture: Picture, faces: Sequence[Face], *, with_text: bool) -> CoverMeasures:
    """Measure a decoded picture whose faces, the largest first, are known."""
    pixels = picture.pixels(COVER_SIDE)
    grey = measures.grey_levels(pixels)
    largest = faces[0] if faces else None
    embedder = installed(EMBEDDING_NETWORK)
    writing = installed(WRITING_NETWORK) if with_text else None
    return CoverMeasures(
        brightness=measures.brightness(grey),
        contrast=measures.contrast(grey),
        saturation=measures.saturation(pixels),
        colourfulness=measures.colourfulness(pixels),
        sharpness=measures.sharpness(grey),
        width=picture.width,
        height=picture.height,
        shadows=measures.clipped_shadows(grey),
        highlights=measures.clipped_highlights(grey),
        # reducing a picture averages noise away
        noise=measures.noise(measures.grey_levels(np.asarray(picture.image))),
        clutter=measures.clutter(grey),
        crop_loss=measures.crop_loss(picture.width, picture.height),
        faces=len(faces),
        face_area=min(largest.width * largest.height, 1.0) if largest else 0.0,
        face_x=_within(largest.left + largest.width / 2) if largest else None,
        face_y=_within(largest.top + largest.height / 2) if largest else None,
        smile=smile(picture.image, largest) if largest else None,
        text_share=text_share(picture.image, writing) if writing else None,
        embedding=embed(picture.image, embedder) if embedder else None,
        network=installed_id(EMBEDDING_NETWORK) if embedder else "",
    )


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)
