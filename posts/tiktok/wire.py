"""The Display API's answers, typed. A model's fields are also what is asked for: nothing comes that is not kept.

What may not be kept is dropped here, before anything else sees it: contacts in texts, and videos that are not public.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from privacy.anonymity.blanking import blank_contacts

MAX_BIGINT = 2**63 - 1
MAX_INT = 2**31 - 1
MAX_SHARE_URL = 500


def _storable(value: Any) -> Any:
    """PostgreSQL stores no NUL, UTF-8 has no lone surrogates, and JSON can carry both; an absent text is empty."""
    if value is None:
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _web_address(value: str) -> str:
    """The address if a page may link to it, else nothing: it is shown to people as TikTok gave it."""
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
    """Whether nothing in TikTok's words for a video says that not everybody may see it.

    The Display API promises public videos only and has no word for others. TikTok's other APIs and its pages have
    several, and any of them is believed.
    """
    if not isinstance(video, dict):
        return True
    said = {str(name).replace("_", "").casefold(): str(value).casefold() for name, value in video.items()}
    return all(said[flag] in NO for flag in PRIVATE_FLAGS & said.keys()) and all(
        said[name] in EVERYBODY for name in AUDIENCES & said.keys()
    )


Text = Annotated[str, BeforeValidator(_storable)]
WithoutContacts = Annotated[Text, AfterValidator(blank_contacts)]
WebAddress = Annotated[Text, AfterValidator(_web_address)]
Count = Annotated[int, Field(ge=0, le=MAX_BIGINT)]


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    @classmethod
    def fields_to_ask(cls) -> str:
        """The value of TikTok's `fields` parameter."""
        return ",".join(cls.model_fields)


class VideoIdentity(Wire):
    id: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")]


class VideoCounts(VideoIdentity):
    like_count: Count | None = None
    comment_count: Count | None = None
    share_count: Count | None = None
    view_count: Count | None = None


class VideoCover(VideoIdentity):
    cover_image_url: Text = ""


class Video(VideoCounts):
    create_time: Annotated[int, Field(ge=0, le=MAX_INT * 2, description="epoch seconds")]
    video_description: WithoutContacts = ""
    title: WithoutContacts = ""
    duration: Annotated[int, Field(ge=0, le=MAX_INT)] | None = None
    share_url: WebAddress = ""
    is_aigc: bool | None = None

    @property
    def posted_at(self) -> datetime:
        return datetime.fromtimestamp(self.create_time, UTC)

    @property
    def caption(self) -> str:
        return self.video_description or self.title


def public_ones(videos: Any) -> Any:
    """The videos that are public, if it is a list of them; an absent list is an empty one."""
    return [video for video in videos if is_public(video)] if isinstance(videos, list) else videos or []


class VideoPage(BaseModel):
    """A page of `video/list`, newest first. It may be short or empty: only `has_more` says whether it is the last."""

    videos: Annotated[list[Video], BeforeValidator(public_ones)]
    cursor: int | None = None
    has_more: bool

    @model_validator(mode="after")
    def _says_how_to_go_on(self) -> Self:
        if self.has_more and self.cursor is None:
            raise ValueError("has_more without a cursor")
        return self
