"""Addresses under /api/v1/."""

from django.urls import path

from privacy.consent import api as consent
from privacy.erasure import api as erasure
from privacy.export import api as export
from privacy.trail import api as trail

urlpatterns = [
    path("privacy/consents", consent.ConsentListView.as_view(), name="consents"),
    path("privacy/consents/<slug:purpose>", consent.ConsentView.as_view(), name="consent"),
    path("privacy/access", trail.AccessListView.as_view(), name="access"),
    path("privacy/erasure", erasure.ErasureView.as_view(), name="erasure"),
    path("privacy/exports", export.ExportListView.as_view(), name="exports"),
    path("privacy/exports/<slug:public_id>", export.ExportView.as_view(), name="export"),
    path("privacy/exports/<slug:public_id>/archive", export.ArchiveView.as_view(), name="export-archive"),
]
