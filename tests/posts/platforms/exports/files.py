"""Make files as TikTok, spreadsheets and Postcast itself write them; nothing in them is copied from anybody."""

import csv
import io
import json
import random
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST_ID = 7_300_000_000_000_000_000
TEXTS = (
    "Sunset at the pier #sunset",
    "Which one would you pick? 🍋 #cooking",
    "morgens im Wald #natur",
    "wait for it… part 2",
    "",
    "Ask me at somebody@example.com",
)


def export_rows(count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Return entries of a VideoList, newest first, as TikTok has them: every value a text."""
    chance = random.Random(seed)
    rows = []
    for place in range(count):
        posted_at = NOW - timedelta(days=2 + 1.5 * place, seconds=chance.randrange(3_000))
        rows.append(
            {
                "Date": f"{posted_at:%Y-%m-%d %H:%M:%S}",
                "Link": f"https://www.tiktokv.com/share/video/{FIRST_ID + 10**12 * (count - place)}/",
                "Likes": str(chance.randrange(5_000)),
                "WhoCanView": "Public",
                "AllowComments": "Yes",
                "AIGeneratedContent": "No",
                "Sound": "original sound",
                "Location": "",
                "Title": TEXTS[place % len(TEXTS)],
            }
        )
    return rows


def export_of(layout: str, rows: Any, **others: Any) -> dict[str, Any]:
    """Return a whole export with its posts in that layout, and with what else TikTok puts there."""
    document: dict[str, Any] = {
        "Profile": {
            "Profile Information": {"ProfileMap": {"userName": "mia.makes", "emailAddress": "mia@example.com"}}
        },
        "Activity": {
            "Video Browsing History": {
                "VideoList": [{"Date": "2026-11-01 10:00:00", "Link": f"https://www.tiktokv.com/share/video/{n}/"}
                              for n in range(1, 40)]
            },
            "Favorite Videos": {"FavoriteVideoList": []},
        },
        "Direct Messages": {"Chat History": {"ChatHistory": {"with x": [{"From": "x", "Content": "{[]}\"\\u0000"}]}}},
        "Your Activity": {"Follower": {"FansList": [{"Date": "2026-01-01 00:00:00", "UserName": f"fan{n}"}
                                                    for n in range(7)]}},
        **others,
    }  # fmt: skip
    *path, last = layout.split(" > ")
    place = document
    for key in path:
        place = place.setdefault(key, {})
    place[last] = rows
    return document


def as_json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def as_zip(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def history_rows(count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Return rows of the post history format, two observations of each post, newest post first."""
    rows = []
    for entry in export_rows(count, seed=seed):
        posted_at = datetime.fromisoformat(entry["Date"]).replace(tzinfo=UTC)
        for hours, share in ((24, 0.6), (36, 1.0)):
            rows.append(
                {
                    "account_id": "a1",
                    "post_id": entry["Link"].split("/")[-2],
                    "posted_at": posted_at.isoformat(),
                    "observed_at": (posted_at + timedelta(hours=hours)).isoformat(),
                    "caption": entry["Title"],
                    "hashtags": "",
                    "duration_s": "21",
                    "sound": "",
                    "followers": "5200",
                    "likes": str(round(int(entry["Likes"]) * share)),
                    "comments": "12",
                    "shares": "",
                    "views": "4100",
                }
            )
    return rows


def as_csv(rows: list[dict[str, Any]], *, encoding: str = "utf-8", **options: Any) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
