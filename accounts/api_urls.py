"""Addresses under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.linked.api import AccountViewSet
from accounts.people.api import MeView
from accounts.tokens.api import APITokenViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("accounts", AccountViewSet, basename="account")
router.register("tokens", APITokenViewSet, basename="token")

urlpatterns = [path("me", MeView.as_view(), name="me"), *router.urls]
