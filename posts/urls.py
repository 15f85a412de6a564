"""Pages of posts."""

from django.urls import path

from posts import views

app_name = "posts"
urlpatterns = [
    path("posts/", views.home, name="home"),
    path("posts/<slug:account_id>/refresh/", views.refresh, name="refresh"),
]
