"""Addresses where signing in with TikTok begins, where TikTok sends people back to, and where they wait for it."""

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns
from django.urls import path

from accounts.sign_in import views
from accounts.sign_in.provider import TikTokProvider

urlpatterns = [
    *default_urlpatterns(TikTokProvider),
    path("tiktok/login/waiting/", views.waiting, name="tiktok_waiting"),
    path("tiktok/login/waiting/status", views.waiting_status, name="tiktok_waiting_status"),
]
