"""The Display API's answers, typed. A model's fields are also the fields that are requested: nothing else arrives.

Contacts in texts, and videos that are not public, are dropped here, before anything else sees them.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from posts.platforms.base import FetchedCounts, FetchedPage, FetchedPost
from privacy.anonymity.blanking import blank_contacts

MAX_BIGINT = 2**63 - 1
MAX_INT = 2**31 - 1
MAX_SHARE_URL = 500


def _storable(value: Any) -> Any:
    """Return the text without NUL and lone surrogates, which JSON can carry and PostgreSQL cannot; absent is empty."""
    if value is None:
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _web_address(value: str) -> str:
    """Return the address if a page may link to it, otherwise nothing: people see it as TikTok sends it."""
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return ""
    return value if scheme in ("http", "https") and len(value) <= MAX_SHARE_URL else ""


PRIVATE_FLAGS = {
    *("isprivate", "private", "isprivateitem", "privateitem", "issecret", "secret", "friendsonly", "forfriend"),
}
NO = {"", "none", "false", "0"}
AUDIENCES = {"privacylevel", "privacytype", "privacystatus", "privacy", "visibility", "whocanview", "audience"}
EVERYBODY = {"", "none", "public_to_everyone", "public to everyone", "public", "everyone", "everybody"}


def is_public(video: Any) -> bool:
    """Return False if any of TikTok's words for visibility says that not everybody may see the video.

    The Display API promises public videos only and has no word for others. TikTok's other APIs and its pages have
    several; each is believed.
    """
    if not isinstance(video, dict):
        return True
    words = {str(name).replace("_", "").casefold(): str(value).casefold() for name, value in video.items()}
    return all(words[flag] in NO for flag in PRIVATE_FLAGS & words.keys()) and all(
        words[name] in EVERYBODY for name in AUDIENCES & words.keys()
    )


Text = Annotated[str, BeforeValidator(_storable)]
WithoutContacts = Annotated[Text, AfterValidator(blank_contacts)]
WebAddress = Annotated[Text, AfterValidator(_web_address)]
Count = Annotated[int, Field(ge=0, le=MAX_BIGINT)]


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    @classmethod
    def fields_to_ask(cls) -> str:
        """Return the value of TikTok's `fields` parameter."""
        return ",".join(cls.model_fields)


class VideoIdentity(Wire):
    id: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]


class VideoCounts(VideoIdentity):
    like_count: Count | None = None
    comment_count: Count | None = None
    share_count: Count | None = None
    view_count: Count | None = None

    @property
    def counts(self) -> FetchedCounts:
        return FetchedCounts(self.like_count, self.comment_count, self.share_count, self.view_count)


class VideoCover(VideoIdentity):
    cover_image_url: Text = ""


class Video(VideoCounts):
    create_time: Annotated[int, Field(ge=0, le=MAX_INT * 2, description="epoch seconds")]
    video_description: WithoutContacts = ""
    title: WithoutContacts = ""
    duration: Annotated[int, Field(ge=0, le=MAX_INT)] | None = None
    share_url: WebAddress = ""
    is_aigc: bool | None = None

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


def public_ones(videos: Any) -> Any:
    """Return the public ones of a list of videos; an absent list is an empty one."""
    return [video for video in videos if is_public(video)] if isinstance(videos, list) else videos or []


class VideoPage(BaseModel):
    """A page of `video/list`, newest first. It may be short or empty: only `has_more` says whether it is the last."""

    videos: Annotated[list[Video], BeforeValidator(public_ones)]
    cursor: int | None = None
    has_more: bool

    @model_validator(mode="after")
    def _has_a_cursor_to_go_on(self) -> Self:
        if self.has_more and self.cursor is None:
            raise ValueError("has_more without a cursor")
        return self

    def as_fetched(self) -> FetchedPage:
        """Return the page as every platform's pages are handed on."""
        return FetchedPage(
            tuple(video.as_fetched() for video in self.videos), next_cursor=self.cursor if self.has_more else None
        )
