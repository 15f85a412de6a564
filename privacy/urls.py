"""Pages of privacy."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from privacy import views

app_name = "privacy"
urlpatterns = [
    path("privacy/", views.privacy, name="privacy"),
    path(
        "your-data/",
        login_required(TemplateView.as_view(template_name="privacy/your_data.html")),
        name="your_data",
    ),
    path("your-data/consent/", views.consents, name="consents"),
    path("your-data/access/", views.access, name="access"),
    path("your-data/erasure/", views.erasure, name="erasure"),
    path("your-data/export/", views.export, name="export"),
    path("your-data/export/<slug:public_id>/archive.zip", views.archive, name="archive"),
    path("erasures/<slug:public_id>/", views.receipt, name="receipt"),
]
