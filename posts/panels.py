"""Parts that later apps add to the pages of posts.

An app registers them in a module that it imports when it is ready:

    @register_panel
    def track_record(account: TikTokAccount) -> str:
        return render_to_string("...", {...})
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import TikTokAccount
from posts.charts import Band
from posts.models import Observation, Post

Panel = Callable[[TikTokAccount], str]


@dataclass(frozen=True, slots=True)
class PostPart:
    """A part of a post's page: HTML above its growth chart, and bands in it."""

    html: str
    bands: tuple[Band, ...] = ()


PostPanel = Callable[[Post, Sequence[Observation], datetime], PostPart]
"""Takes a post, its observations, oldest first, and the moment."""

Narrow = Callable[[TikTokAccount, QuerySet[Post], datetime], QuerySet[Post]]
"""Takes an account, posts of it and the moment, and returns those of the posts that are to be shown."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice among an account's posts, for its page."""

    label: str | Promise
    narrow: Narrow


_panels: list[Panel] = []
_notices: list[Panel] = []
_post_panels: list[PostPanel] = []
_filters: dict[str, Filter] = {}


def register_panel(panel: Panel) -> Panel:
    """Show the panel, a function from an account to HTML, below those registered before."""
    _panels.append(panel)
    return panel


def register_notice(notice: Panel) -> Panel:
    """Show the notice, a function from an account to HTML, above the account's posts; empty where there is nothing."""
    _notices.append(notice)
    return notice


def register_post_panel(panel: PostPanel) -> PostPanel:
    """Show the panel on each post's page, below those registered before."""
    _post_panels.append(panel)
    return panel


def register_filter(name: str, label: str | Promise) -> Callable[[Narrow], Narrow]:
    """Offer the decorated function, under the name and label, among the filters of an account's posts."""

    def register(narrow: Narrow) -> Narrow:
        _filters[name] = Filter(label, narrow)
        return narrow

    return register


def panels_of(account: TikTokAccount) -> list[str]:
    """Return the HTML of every panel for the account."""
    return [panel(account) for panel in _panels]


def notices_of(account: TikTokAccount) -> list[str]:
    """Return the HTML of every notice for the account."""
    return [notice(account) for notice in _notices]


def parts_of(post: Post, observations: Sequence[Observation], now: datetime) -> list[PostPart]:
    """Return every part of the post's page."""
    return [panel(post, observations, now) for panel in _post_panels]


def filters() -> dict[str, Filter]:
    """Return the filters by name."""
    return _filters
