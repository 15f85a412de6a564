"""Pages of privacy."""

from django.urls import path
from django.views.generic import TemplateView

app_name = "privacy"
urlpatterns = [path("privacy/", TemplateView.as_view(template_name="privacy/privacy.html"), name="privacy")]
