"""A selection of an account's posts as its page shows it: searched, filtered, sorted, and as a file."""

import csv
import io
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import F, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import TikTokAccount
from config.csv_cells import guarded
from posts.charts import AVERAGED_POSTS
from posts.models import Post
from posts.naming import address_on_tiktok, title_of
from posts.panels import filters
from posts.selectors import LatestCounts, posts_for_page, search_posts, with_latest_counts

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

Metric = Literal["likes", "views", "comments", "shares"]
METRICS = (
    ("likes", gettext_lazy("Likes")),
    ("views", gettext_lazy("Views")),
    ("comments", gettext_lazy("Comments")),
    ("shares", gettext_lazy("Shares")),
)
PERIODS = (
    ("", gettext_lazy("Any time")),
    ("7", gettext_lazy("The last 7 days")),
    ("30", gettext_lazy("The last 30 days")),
    ("90", gettext_lazy("The last 90 days")),
    ("365", gettext_lazy("The last year")),
)
SORTS = (
    ("", gettext_lazy("Newest first")),
    ("oldest", gettext_lazy("Oldest first")),
    ("likes", gettext_lazy("Most likes")),
    ("views", gettext_lazy("Most views")),
    ("usual", gettext_lazy("Most against your usual")),
)
POSTS_PER_PAGE = 25
_UNREAD = ("content__embedding", "content__cover_embedding")
FIRST_DAY = timedelta(hours=24)


class SelectionForm(forms.Form):
    """Everything that can be chosen; what is left out or unknown has its first value."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    period = forms.ChoiceField(label=gettext_lazy("Published"), required=False, choices=PERIODS)
    show = forms.ChoiceField(label=gettext_lazy("Show"), required=False)
    sort = forms.ChoiceField(label=gettext_lazy("Sort"), required=False, choices=SORTS)
    metric = forms.ChoiceField(label=gettext_lazy("Counts"), required=False, choices=METRICS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show: Any = self.fields["show"]
        show.choices = [
            ("", pgettext_lazy("posts", "All")),
            *((name, each.label) for name, each in filters().items()),
            ("deleted", gettext_lazy("Deleted on TikTok")),
        ]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        self.fields["q"].widget.attrs["placeholder"] = gettext_lazy("words or #hashtags")


@dataclass(frozen=True, slots=True)
class Selection:
    """Valid choices of a `SelectionForm`."""

    form: SelectionForm
    q: str = ""
    period: str = ""
    show: str = ""
    sort: str = ""
    metric: Metric = "likes"

    @classmethod
    def of(cls, query: QueryDict) -> "Selection":
        """Return the selection that an address names."""
        form = SelectionForm(query)
        form.is_valid()
        chosen = {name: value for name, value in form.cleaned_data.items() if value}
        # the controls show what is in force, also where an address asked for something else
        return cls(SelectionForm({"metric": "likes"} | chosen), **chosen)

    @property
    def is_narrowed(self) -> bool:
        """Whether posts may be left out."""
        return bool(self.q or self.period or self.show)

    @property
    def is_changed(self) -> bool:
        """Whether anything was chosen."""
        return self.is_narrowed or bool(self.sort) or self.metric != "likes"

    def posts(self, account: TikTokAccount, now: datetime) -> "QuerySet[WithAnnotations[Post, LatestCounts]]":
        """Return the selected posts with their latest counts, sorted except by what was usual."""
        posts: QuerySet[Post] = account.posts.all()
        if self.period:
            posts = posts.filter(posted_at__gte=now - timedelta(days=int(self.period)))
        if self.show == "deleted":
            posts = posts.filter(deleted_at__isnull=False)
        elif self.show:
            posts = filters()[self.show].narrow(account, posts, now)
        if self.q:
            posts = search_posts(posts, self.q)
        counted = with_latest_counts(posts)
        if self.sort in ("likes", "views"):
            return counted.order_by(F(self.sort).desc(nulls_last=True), "-posted_at", "-id")
        return counted.order_by("posted_at", "id") if self.sort == "oldest" else counted


@dataclass(frozen=True, slots=True)
class Listed:
    """A post of a list, and how its count compares with what was usual then: 2.0 is twice as much; None if unknown."""

    post: "WithAnnotations[Post, LatestCounts]"
    count: int | None
    """By the selection's metric."""
    against_usual: float | None


def listed(
    posts: "Iterable[WithAnnotations[Post, LatestCounts]]", usual: dict[int, float], metric: Metric
) -> list[Listed]:
    """Return posts with their count and what `against_usual` says of it."""
    return [Listed(post, getattr(post, metric), usual.get(post.pk)) for post in posts]


def page_of(selection: Selection, account: TikTokAccount, now: datetime, number: str | None) -> Page[Any]:
    """Return a page of the selected posts, as `Listed`."""
    posts, usual = selection.posts(account, now), against_usual(account, selection.metric, now)
    by_usual = selection.sort == "usual"
    ordered: Any = _by_usual(list(posts.values_list("pk", flat=True)), usual) if by_usual else posts
    page: Page[Any] = Paginator(ordered, POSTS_PER_PAGE).get_page(number)
    shown = page.object_list
    if by_usual:
        found = posts.order_by().in_bulk(shown)
        shown = [found[pk] for pk in shown]
    page.object_list = listed(shown, usual, selection.metric)
    return page


def whole(selection: Selection, account: TikTokAccount, now: datetime) -> list[Listed]:
    """Return all selected posts in the selection's order."""
    usual = against_usual(account, selection.metric, now)
    posts = listed(selection.posts(account, now).defer(*_UNREAD), usual, selection.metric)
    if selection.sort == "usual":
        found = {each.post.pk: each for each in posts}
        return [found[pk] for pk in _by_usual(list(found), usual)]
    return posts


def _by_usual(posts: list[int], usual: dict[int, float]) -> list[int]:
    """Return primary keys with the posts furthest above what was usual first, those that cannot be compared last."""
    return sorted(posts, key=lambda pk: usual.get(pk, -1.0), reverse=True)


def against_usual(account: TikTokAccount, metric: Metric, now: datetime) -> dict[int, float]:
    """Return each post's count over the average of the `AVERAGED_POSTS` counted posts before it, by primary key.

    Posts younger than a day are left out, as most of their counts are still to come: of these and of others alike.
    """
    usual: dict[int, float] = {}
    before: deque[int] = deque(maxlen=AVERAGED_POSTS)
    grown = posts_for_page(account).filter(posted_at__lte=now - FIRST_DAY).order_by("posted_at", "id")
    for pk, count in grown.values_list("pk", metric):
        if count is None:
            continue
        if len(before) == AVERAGED_POSTS and (average := fmean(before)) > 0:
            usual[pk] = count / average
        before.append(count)
    return usual


def as_csv(posts: list[Listed], selection: Selection) -> str:
    """Return the posts as a CSV file for a spreadsheet, with times in the zone that is active."""
    file = io.StringIO()
    rows = csv.writer(file)
    zone = timezone.get_current_timezone_name()
    rows.writerow(
        [
            *(_("Published ({zone})").format(zone=zone), _("Words"), _("Hashtags"), _("Seconds")),
            *(str(label) for _name, label in METRICS),
            *(_("Counted ({zone})").format(zone=zone), _("Rounded")),
            _("{metric} against the average of the five posts before").format(metric=dict(METRICS)[selection.metric]),
            *(_("Deleted on TikTok"), _("Address"), _("Id")),
        ]
    )
    for each in posts:
        post = each.post
        content = getattr(post, "content", None)
        rows.writerow(
            [
                _moment(post.posted_at),
                guarded(title_of(post) if post.caption else ""),
                guarded(" ".join(f"#{tag}" for tag in content.hashtags) if content else ""),
                "" if post.duration_s is None else post.duration_s,
                *("" if (count := getattr(post, name)) is None else count for name, _label in METRICS),
                *(_moment(post.observed_at), _("yes") if post.coarseness else ""),
                "" if each.against_usual is None else f"{each.against_usual:.2f}",
                *(_("yes") if post.deleted_at else "", guarded(address_on_tiktok(post)), post.public_id),
            ]
        )
    return file.getvalue()


def _moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
