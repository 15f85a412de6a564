"""TikTok's Display API as the rest of Postcast sees it."""

from posts.tiktok.client import DisplayAPI
from posts.tiktok.covers import CoverHostTroubled, CoverUnavailable, fetch_cover
from posts.tiktok.wire import Video, VideoCounts, VideoCover, VideoPage

__all__ = [
    "CoverHostTroubled",
    "CoverUnavailable",
    "DisplayAPI",
    "Video",
    "VideoCounts",
    "VideoCover",
    "VideoPage",
    "fetch_cover",
]
