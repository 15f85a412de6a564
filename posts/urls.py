"""Pages of posts."""

from django.urls import path

from posts import views
from posts.imports import views as import_views

app_name = "posts"
urlpatterns = [
    path("posts/", views.home, name="home"),
    path("posts/download/", views.download, name="download"),
    path("posts/<slug:public_id>/", views.post, name="post"),
    path("imports/", import_views.bring, name="bring_file"),
    path("imports/upload/", import_views.upload, name="upload_file"),
    path("imports/<slug:public_id>/", import_views.show, name="import"),
    path("imports/<slug:public_id>/confirm/", import_views.confirm, name="confirm_import"),
    path("imports/<slug:public_id>/cancel/", import_views.cancel, name="cancel_import"),
    path("posts/<slug:account_id>/refresh/", views.refresh, name="refresh"),
]
