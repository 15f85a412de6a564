"""The Display API's answers, typed. A model's fields are also the fields that are requested: nothing else arrives.

Answers are read field by field: an unusable value is unknown, a video without a usable id or time is left out, and both
are counted. Contacts in texts, and videos that are not public, are dropped here, before anything else sees them.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from django.utils import timezone
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from accounts.tiktok.errors import TikTokUnavailable
from accounts.tiktok.lenient import BIGGEST, LARGEST_COUNT, LENIENT, Unreadable, storable
from posts.content.written_counts import WrittenCount, read_rounded
from posts.platforms.base import FetchedCounts, FetchedPage, FetchedPost
from privacy.anonymity.blanking import blank_contacts

LONGEST_DURATION_S = 24 * 60 * 60
"""TikTok takes films of an hour; a day allows for what it may take one day, and not for another unit or a fancy."""
LONGEST_SHARE_URL = 500
LONGEST_CAPTION = 4_000
"""Characters that TikTok takes in a caption; it returns fewer."""
FIRST_MOMENT = int(datetime(2014, 1, 1, tzinfo=UTC).timestamp())
"""TikTok's first predecessor opened in 2014: an earlier time (0 above all) is none."""
CLOCKS_DIFFER = timedelta(days=31)
"""A post from further ahead has no usable time: milliseconds, or a date of somebody's fancy."""


# browsers and parsers disagree where an address with one of these leads
_MISREAD = re.compile(r"[\s\x00-\x1f\x7f\"<>\\]")


def _web_address(value: str) -> str:
    """Return the address if a page may link to it, otherwise nothing: people see it as TikTok sends it."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    leads_out = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    return value if leads_out and len(value) <= LONGEST_SHARE_URL and not _MISREAD.search(value) else ""


def _text_or_number(value: Any) -> Any:
    """Return an id as text: some senders write it as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _moment(seconds: int) -> int:
    if not FIRST_MOMENT <= seconds <= (timezone.now() + CLOCKS_DIFFER).timestamp():
        raise ValueError("no time at which a video can have been published")
    return seconds


def _count(value: Any) -> WrittenCount:
    """Return a count: a whole number, or a text such as "1.2K" should TikTok round one day."""
    count = read_rounded(value) if isinstance(value, str) else None
    if type(value) is int:
        count = WrittenCount(value)
    if count is None or not 0 <= count.value <= LARGEST_COUNT:
        raise ValueError("no count")
    return count


def _cut(text: str) -> str:
    return text[:LONGEST_CAPTION]


PRIVATE_FLAGS = {
    *("isprivate", "private", "isprivateitem", "privateitem", "issecret", "secret", "friendsonly", "forfriend"),
}
NO = {"", "none", "false", "0"}
AUDIENCES = {"privacylevel", "privacytype", "privacystatus", "privacy", "visibility", "whocanview", "audience"}
EVERYBODY = {"", "none", "public_to_everyone", "public to everyone", "public", "everyone", "everybody"}


def is_public(video: Any) -> bool:
    """Return False if any of TikTok's words for visibility says that not everybody may see the video.

    The Display API promises public videos only and has no word for others. TikTok's other APIs and its pages have
    several; each is believed. A word that cannot be read counts as "not everybody".
    """
    if not isinstance(video, dict):
        return True
    words = {str(name).replace("_", "").casefold(): value for name, value in video.items()}
    return all(_word(words[flag]) in NO for flag in PRIVATE_FLAGS & words.keys()) and all(
        _word(words[name]) in EVERYBODY for name in AUDIENCES & words.keys()
    )


def _word(value: Any) -> str:
    return str(value).casefold() if value is None or isinstance(value, str | int | float) else "unreadable"


Text = Annotated[str, BeforeValidator(storable), LENIENT]
Caption = Annotated[
    str, BeforeValidator(storable), AfterValidator(_cut), AfterValidator(blank_contacts), AfterValidator(_cut), LENIENT
]
WebAddress = Annotated[str, BeforeValidator(storable), AfterValidator(_web_address), LENIENT]
Count = Annotated[WrittenCount | None, BeforeValidator(_count), LENIENT]
Duration = Annotated[Annotated[int, Field(strict=True, ge=0, le=LONGEST_DURATION_S)] | None, LENIENT]


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def fields_to_ask(cls) -> str:
        """Return the value of TikTok's `fields` parameter."""
        return ",".join(cls.model_fields)


class VideoIdentity(Wire):
    id: Annotated[str, BeforeValidator(_text_or_number), Field(strict=True, pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class VideoCounts(VideoIdentity):
    like_count: Count = None
    comment_count: Count = None
    share_count: Count = None
    view_count: Count = None

    @property
    def counts(self) -> FetchedCounts:
        return FetchedCounts.of(self.like_count, self.comment_count, self.share_count, self.view_count)


class VideoCover(VideoIdentity):
    cover_image_url: Text = ""


class Video(VideoCounts):
    create_time: Annotated[int, Field(strict=True, description="epoch seconds"), AfterValidator(_moment)]
    video_description: Caption = ""
    title: Caption = ""
    duration: Duration = None
    share_url: WebAddress = ""
    is_aigc: Annotated[Annotated[bool, Field(strict=True)] | None, LENIENT] = None

    def as_fetched(self) -> FetchedPost:
        """Return the video as every platform's posts are handed on."""
        return FetchedPost(
            id=self.id,
            posted_at=datetime.fromtimestamp(self.create_time, UTC),
            caption=self.video_description or self.title,
            duration_s=self.duration,
            share_url=self.share_url,
            is_ai_generated=self.is_aigc,
            counts=self.counts,
        )


SomeVideo = TypeVar("SomeVideo", bound=VideoIdentity)


def read_videos(
    kind: type[SomeVideo], data: dict[str, Any], unreadable: Unreadable
) -> tuple[dict[str, SomeVideo], int]:
    """Return the public videos of an answer by id, and how many were left out because they cannot be read.

    Of videos with the same id the first counts. Raise TikTokUnavailable where the answer has no list of videos: that
    must not look like one in which every video is gone.
    """
    entries = data.get("videos", ())
    if not isinstance(entries, list):
        raise TikTokUnavailable("unexpected_answer", "data.videos is not a list")
    videos: dict[str, SomeVideo] = {}
    skipped = 0
    for entry in filter(is_public, entries):
        try:
            video = kind.model_validate(entry, context=unreadable)
        except ValidationError as error:
            skipped += 1
            unreadable.update({str(problem["loc"][0]) for problem in error.errors() if problem["loc"]} or {"video"})
        else:
            videos.setdefault(video.id, video)
    return videos, skipped


def read_page(data: dict[str, Any]) -> tuple[FetchedPage, Unreadable]:
    """Return a page of `video/list`, newest first, and the unusable fields.

    It may be short or empty: only `has_more` says whether it is the last. Where the cursor is unusable, the next page
    begins at the last video of this one, since TikTok's cursors are times of publishing in milliseconds; not at the
    oldest, which may be one that is pinned. Raise TikTokUnavailable where there is no list of videos, or more are
    promised without a way to get them.
    """
    unreadable = Unreadable()
    # an account without videos may have no list
    listed = {**data, "videos": []} if "videos" in data and data["videos"] is None else data
    videos, skipped = read_videos(Video, listed, unreadable)
    has_more = data.get("has_more")
    cursor = _cursor(data.get("cursor"), unreadable, is_needed=has_more is not False)
    if cursor is None and videos:
        cursor = list(videos.values())[-1].create_time * 1000
    if not isinstance(has_more, bool):
        unreadable["has_more"] += 1
        # at worst one page is asked for in vain: a listing ends where its cursors no longer fall
        has_more = bool(listed["videos"]) and cursor is not None
    if has_more and cursor is None:
        raise TikTokUnavailable("unexpected_answer", "has_more without a cursor")
    page = FetchedPage(
        posts=tuple(video.as_fetched() for video in videos.values()),
        next_cursor=cursor if has_more else None,
        skipped=skipped,
        unreadable=unreadable.total(),
    )
    return page, unreadable


def _cursor(value: Any, unreadable: Unreadable, *, is_needed: bool) -> int | None:
    """Return a cursor that came as an integer, or as a text or float that is one.

    One that is needed is a moment in milliseconds: in another unit it would lead past all videos, or nowhere.
    """
    digits = isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value)
    if digits or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        latest = (timezone.now() + CLOCKS_DIFFER).timestamp() * 1000
        if FIRST_MOMENT * 1000 <= value <= latest if is_needed else 0 <= value <= BIGGEST:
            return value
    if value is not None:
        unreadable["cursor"] += 1
    return None
