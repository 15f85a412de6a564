"""Tables of posts, a module for each room."""

from posts.models.content import PostContent
from posts.models.ingest import Listing, PostsChange, Refresh
from posts.models.posts import Observation, Post
from posts.models.trends import HashtagCount, Trend

__all__ = ["HashtagCount", "Listing", "Observation", "Post", "PostContent", "PostsChange", "Refresh", "Trend"]
