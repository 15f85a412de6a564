"""The content file format: a CSV file (UTF-8, plain or gzip), one row per post, with what is measured of its content.

Reading is lenient, as one odd cell says nothing about other posts: it becomes unknown, and `problems` tells of it. Only
a broken table, or one without `post_id`, is refused.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from predictions.engine.data.csv_cells import BadCell, BadHistoryFile, moment_of, read_text
from predictions.engine.types import Columns, Floats

ACCOUNT = ("followers", "following", "account_likes", "account_videos")
VIDEO = ("duration_s", "width", "height", "original_sound")
SOUND = (
    "audio_rms_mean", "audio_rms_std", "audio_zcr_mean", "audio_tempo", "audio_beat_std",
    "audio_spectral_centroid_mean", "audio_spectral_rolloff_mean", "audio_spectral_contrast_mean", "audio_chroma_mean",
    "audio_mfcc_1_mean", "audio_delta_mfcc_1_mean", "audio_mfcc_2_mean", "audio_delta_mfcc_2_mean",
    "audio_mfcc_3_mean", "audio_delta_mfcc_3_mean",
)  # fmt: skip
"""Measures of the sound: energy, noisiness, rhythm, brightness, harmony, and mel-frequency cepstral coefficients."""
FACES = (
    "face_has_face", "face_face_frame_rate", "face_avg_faces_per_frame", "face_multi_person_ratio",
    "face_avg_face_area_ratio", "face_max_face_area_ratio", "face_close_up_ratio", "face_emotion_entropy",
    "face_positive_emotion_ratio",
)  # fmt: skip
NUMBERS = (*ACCOUNT, *VIDEO, *SOUND, *FACES)
TEXTS = ("account_id", "words", "language", "country")
COLUMNS = ("post_id", "posted_at", *TEXTS, *NUMBERS)
LABEL = "popularity"

_LARGEST = 1e15
"""Larger numbers, of either sign, are treated as unknown."""
_MAX_WORDS = 4_000
"""Characters of a caption that are read: as many as TikTok takes."""
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ContentPosts(Columns):
    """n posts in the order of their rows."""

    post_id: NDArray[np.object_]
    account_id: NDArray[np.object_]
    posted_at: Floats  # (n,) epoch seconds, NaN unknown
    words: NDArray[np.object_]
    language: NDArray[np.object_]
    country: NDArray[np.object_]
    numbers: Floats  # (n, len(NUMBERS)), NaN unknown
    popularity: Floats  # (n,) NaN unknown, and for all where labels were not read


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file's posts, and a sentence for each kind of problem in it."""

    posts: ContentPosts
    problems: tuple[str, ...]


def read_content_file(path: Path, *, labelled: bool) -> ContentFile:
    """Return the file's posts. Only with `labelled` is the column `popularity` looked at.

    Raises BadHistoryFile where there is no table with a column `post_id` (and `posted_at` and `popularity`, if
    `labelled`), and OSError when the file cannot be opened.
    """
    required = ("post_id", "posted_at", LABEL) if labelled else ("post_id",)
    read = COLUMNS if not labelled else (*COLUMNS, LABEL)
    text = _SURROGATES.sub("\ufffd", read_text(path, required))
    problems: Counter[str] = Counter()
    table: list[dict[str, str]] = []
    for row in _rows(path, text, required, problems):
        if not row["post_id"]:
            problems["rows without a post_id were left out"] += 1
            continue
        table.append(row)
    if not table:
        raise BadHistoryFile(f"{path}: no post in it; expected a row per post under the header.")
    for name in read:
        if name not in table[0]:
            problems[f"no column {name}: unknown for all posts"] += 1
    posts = ContentPosts(
        post_id=_texts(table, "post_id"),
        account_id=_texts(table, "account_id"),
        posted_at=np.array([_moment(row.get("posted_at", ""), problems) for row in table]),
        words=np.array([row.get("words", "")[:_MAX_WORDS] for row in table], dtype=object),
        language=_texts(table, "language"),
        country=_texts(table, "country"),
        numbers=np.array([[_number(row.get(name, ""), name, problems) for name in NUMBERS] for row in table]),
        popularity=np.array([_number(row[LABEL], LABEL, problems) if labelled else math.nan for row in table]),
    )
    repeated = len(table) - len(set(posts.post_id))
    if repeated:
        problems["rows repeat a post_id"] = repeated
    return ContentFile(posts, tuple(f"{path}: {n} x {problem}" for problem, n in problems.items()))


def _rows(path: Path, text: str, required: tuple[str, ...], problems: Counter[str]) -> Iterator[dict[str, str]]:
    """Yield the rows by the names of their columns; those of another width than the header are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader)]
        if missing := [name for name in required if name not in header]:
            shown = ", ".join(header)[:300]
            raise BadHistoryFile(f"{path}, line 1: missing columns {', '.join(missing)}; got {shown}.")
        if len(set(header)) < len(header):
            raise BadHistoryFile(f"{path}, line 1: a column is named twice.")
        for cells in reader:
            if len(cells) == len(header):
                yield {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            elif cells:
                problems["rows have more or fewer cells than the header and were left out"] += 1
    except csv.Error as error:
        raise BadHistoryFile(f"{path}, line {reader.line_num}: the table is broken ({error}).") from error


def _texts(table: list[dict[str, str]], name: str) -> NDArray[np.object_]:
    return np.array([row.get(name, "") for row in table], dtype=object)


def _moment(cell: str, problems: Counter[str]) -> float:
    if not cell:
        return math.nan
    try:
        return float(moment_of({"posted_at": cell}, "posted_at"))
    except BadCell:
        problems["cells of posted_at are no moment like 2026-12-01T18:00:00Z"] += 1
        return math.nan


def _number(cell: str, name: str, problems: Counter[str]) -> float:
    if not cell:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not abs(value) < _LARGEST:
        problems[f"cells of {name} are no number"] += 1
        return math.nan
    return value
