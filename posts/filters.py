"""Filters and orders of lists of posts over the API."""

import django_filters
from django.db.models import QuerySet

from config.api.filters import MomentFilter, TruthFilter
from posts.content.captions import tag_of
from posts.models import Post
from posts.selectors import search_posts


class PostFilter(django_filters.FilterSet):  # type: ignore[misc]
    account = django_filters.CharFilter(field_name="account__public_id", help_text="an account's id, acct_...")
    posted_after = MomentFilter(field_name="posted_at", lookup_expr="gte", help_text="inclusive")
    posted_before = MomentFilter(field_name="posted_at", lookup_expr="lt", help_text="exclusive")
    hashtag = django_filters.CharFilter(method="filter_hashtag", max_length=200, help_text="with or without #")
    deleted = TruthFilter(
        field_name="deleted_at", lookup_expr="isnull", exclude=True, help_text="true: only deleted posts; false: none"
    )
    search = django_filters.CharFilter(
        method="filter_search",
        max_length=100,
        help_text="words, each in a hashtag or in a kept caption; #word: hashtags",
    )
    ordering = django_filters.OrderingFilter(fields=["posted_at", "duration_s"])

    class Meta:
        model = Post
        fields: list[str] = []

    def filter_hashtag(self, posts: QuerySet[Post], name: str, value: str) -> QuerySet[Post]:
        return posts.filter(content__hashtags__contains=[tag_of(value)])

    def filter_search(self, posts: QuerySet[Post], name: str, value: str) -> QuerySet[Post]:
        return search_posts(posts, value)
