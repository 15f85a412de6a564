"""Tables of posts, a module for each room."""

from posts.models.content import PostContent
from posts.models.imports import Import, ImportPart, ImportRow
from posts.models.ingest import Listing, PostsChange, Refresh
from posts.models.posts import Observation, Origin, Post
from posts.models.trends import HashtagCount, Trend

__all__ = [
    "HashtagCount",
    "Import",
    "ImportPart",
    "ImportRow",
    "Listing",
    "Observation",
    "Origin",
    "Post",
    "PostContent",
    "PostsChange",
    "Refresh",
    "Trend",
]
