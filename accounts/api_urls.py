"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.api import AccountViewSet, APITokenViewSet, MeView

router = SimpleRouter(use_regex_path=False)
router.register("accounts", AccountViewSet, basename="account")
router.register("tokens", APITokenViewSet, basename="token")

urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]
