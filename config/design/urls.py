"""The address of the living page; included where DEBUG is on."""

from django.urls import path

from config.design.views import design

urlpatterns = [path("", design, name="design")]
