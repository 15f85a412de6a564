"""Addresses where signing in with TikTok begins, and where TikTok sends people back to."""

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from accounts.sign_in.provider import TikTokProvider

urlpatterns = default_urlpatterns(TikTokProvider)
