"""Generated content files: popularity follows the account's size and a word."""

import csv
import math
from pathlib import Path
from random import Random
from typing import Any

from predictions.viralscore.content_file import COLUMNS, LABEL, NUMBERS

GOOD, PLAIN = "magicwand", "ordinary"


def content_rows(n: int, seed: int, *, word: float = 3.0) -> list[dict[str, Any]]:
    """Return n posts of as many accounts; a post with the good word is `word` more popular."""
    random = Random(seed)
    rows = []
    for i in range(n):
        size, good = random.gauss(8, 2), random.random() < 0.5
        row: dict[str, Any] = dict.fromkeys(NUMBERS, 0.0) | {
            "followers": math.exp(size),
            "account_likes": math.exp(size + 2),
        }
        row |= {"account_videos": 50, "following": 100, "duration_s": 15, "audio_tempo": random.gauss(120, 9)}
        row |= {
            "post_id": f"p{seed}-{i}",
            "account_id": f"a{seed}-{i}",
            "posted_at": f"2023-{1 + i * 12 // n:02}-11T1{i % 9}:00:00Z",
        }
        row |= {"words": f"{GOOD if good else PLAIN} {random.choice('abcdef') * 4}", "language": "en", "country": "US"}
        row[LABEL] = round(max(size / 2 + 2 + word * good + random.gauss(0, 0.4), 0.1), 2)
        rows.append(row)
    random.shuffle(rows)
    return rows


def write_content(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] = (*COLUMNS, LABEL)) -> Path:
    """Write the rows and return the path."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
