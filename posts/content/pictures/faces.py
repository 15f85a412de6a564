"""Find faces, and tell how likely the largest one smiles. Nobody is recognised: no face is compared with another.

Two small networks of the npm package @vladmandic/face-api (MIT), which `deploy/face_networks.py` rebuilds from its
weights: the tiny face detector, after YOLO v2 (Redmon and Farhadi, "YOLO9000", CVPR 2017), and the network for
expressions, of which only the smile is kept.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from posts.content.pictures.networks import Network

DETECTOR_SIDE = 416
SMILE_SIDE = 112
MIN_SCORE = 0.5
"""Of 0 to 1; less sure boxes are no faces."""
MAX_OVERLAP = 0.4
"""Of two boxes that share more of their union the surer one counts."""

# pixels that one answer of the detector is about, each way
_CELL = 32
# log of how many times its usual box a face may have, so that an absurd answer takes no memory
_LARGEST = 1.5
# width and height of the detector's five boxes, in cells
_BOXES = np.array(
    [[1.603231, 2.094468], [6.041143, 7.080126], [2.882459, 3.518061], [4.266906, 5.178857], [9.041765, 10.66308]]
)
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Face:
    """A face's box as shares of the picture's width and height (left and top may be below 0), and how sure it is."""

    left: float
    top: float
    width: float
    height: float
    score: float


def find_faces(image: Image.Image) -> list[Face]:
    """Return the faces in an RGB image, the largest first. Missed are most profiles and faces below a tenth of it."""
    scale = DETECTOR_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # black to the right and below, up to whole cells
    padded = np.zeros((1, -(-size[1] // _CELL) * _CELL, -(-size[0] // _CELL) * _CELL, 3), dtype=np.float32)
    padded[0, : size[1], : size[0]] = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    boxes, scores = _boxes(_detector().run(padded)[0], np.array(size) / _CELL)
    found = [Face(*map(float, (*boxes[row], scores[row]))) for row in _distinct(boxes, scores)]
    return sorted(found, key=lambda face: face.width * face.height, reverse=True)


def smile(image: Image.Image, face: Face) -> float:
    """Return how likely the face smiles, 0 to 1."""
    left, top = face.left * image.width, face.top * image.height
    right, bottom = left + face.width * image.width, top + face.height * image.height
    # black around it where the box is no square, or leaves the picture
    crop = image.crop((round(left), round(top), max(round(right), round(left) + 1), max(round(bottom), round(top) + 1)))
    scale = SMILE_SIDE / max(crop.size)
    crop = crop.resize((max(1, round(crop.width * scale)), max(1, round(crop.height * scale))))
    square = Image.new("RGB", (SMILE_SIDE, SMILE_SIDE))
    square.paste(crop, ((SMILE_SIDE - crop.width) // 2, (SMILE_SIDE - crop.height) // 2))
    return float(_smile().run(np.asarray(square, dtype=np.float32)[None])[0])


def _boxes(cells: NDArray[np.float32], size: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decode the detector's answer (rows, columns, 5, 5) into boxes (n, 4) and scores (n,) of at least `MIN_SCORE`.

    `size` is the picture's width and height in cells; boxes are shares of them.
    """
    answer = cells.astype(np.float64)
    scores = _sigmoid(answer[..., 4])
    row, column, box = np.nonzero(scores >= MIN_SCORE)
    chosen = answer[row, column, box]
    extent = np.exp(np.minimum(chosen[:, 2:4], _LARGEST)) * _BOXES[box] / size
    centre = (np.stack([column, row], axis=1) + _sigmoid(chosen[:, :2])) / size
    return np.hstack([centre - extent / 2, extent]), scores[row, column, box]


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))


def _distinct(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[int]:
    """Return the rows of boxes that overlap no surer one by more than `MAX_OVERLAP`."""
    kept: list[int] = []
    for row in np.argsort(-scores):
        if all(_overlap(boxes[row], boxes[surer]) <= MAX_OVERLAP for surer in kept):
            kept.append(int(row))
    return kept


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the intersection over the union of two boxes (left, top, width, height)."""
    common = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(common, 0)))
    return shared / (float(np.prod(a[2:]) + np.prod(b[2:])) - shared)


@cache
def _detector() -> Network:
    return Network(_FOLDER / "face_detector.onnx")


@cache
def _smile() -> Network:
    return Network(_FOLDER / "smile.onnx")
