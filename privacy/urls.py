"""Pages of privacy."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import TemplateView

from privacy.consent import views as consent
from privacy.declarations import views as declarations
from privacy.erasure import views as erasure
from privacy.export import views as export
from privacy.trail import views as trail

app_name = "privacy"
urlpatterns = [
    path("privacy/", declarations.privacy, name="privacy"),
    path(
        "your-data/",
        login_required(TemplateView.as_view(template_name="privacy/your_data.html")),
        name="your_data",
    ),
    path("your-data/consent/", consent.consents, name="consents"),
    path("your-data/access/", trail.access, name="access"),
    path("your-data/erasure/", erasure.erasure, name="erasure"),
    path("your-data/export/", export.export, name="export"),
    path("your-data/export/<slug:public_id>/archive.zip", export.archive, name="archive"),
    path("erasures/<slug:public_id>/", erasure.receipt, name="receipt"),
]
