"""Addresses under /api/v1/."""

from django.urls import path

from posts import api
from posts.imports.api import (
    BatchView,
    ImportCancelView,
    ImportConfirmView,
    ImportListView,
    ImportRowListView,
    ImportView,
)
from posts.trends.api import TrendListView

urlpatterns = [
    path("measure", api.MeasureView.as_view(), name="measure"),
    path("posts:batch", BatchView.as_view(), name="posts-batch"),
    path("imports", ImportListView.as_view(), name="imports"),
    path("imports/<slug:public_id>", ImportView.as_view(), name="import"),
    path("imports/<slug:public_id>/rows", ImportRowListView.as_view(), name="import-rows"),
    path("imports/<slug:public_id>/confirm", ImportConfirmView.as_view(), name="import-confirm"),
    path("imports/<slug:public_id>/cancel", ImportCancelView.as_view(), name="import-cancel"),
    path("posts", api.PostListView.as_view(), name="posts"),
    path("posts/<slug:public_id>", api.PostView.as_view(), name="post"),
    path("posts/<slug:public_id>/observations", api.ObservationListView.as_view(), name="post-observations"),
    path("posts/<slug:public_id>/similar", api.SimilarPostsView.as_view(), name="post-similar"),
    path("accounts/<slug:public_id>/refreshes", api.RefreshRequestView.as_view(), name="account-refreshes"),
    path("accounts/<slug:public_id>/refresh", api.LatestRefreshView.as_view(), name="account-refresh"),
    path("trends", TrendListView.as_view(), name="trends"),
    path("refreshes/<slug:public_id>", api.RefreshView.as_view(), name="refresh"),
]
