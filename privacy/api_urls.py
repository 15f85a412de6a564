"""Addresses under /api/v1/."""

from django.urls import path

from privacy import api

urlpatterns = [
    path("privacy/consents", api.ConsentListView.as_view(), name="consents"),
    path("privacy/consents/<slug:purpose>", api.ConsentView.as_view(), name="consent"),
    path("privacy/access", api.AccessListView.as_view(), name="access"),
    path("privacy/erasure", api.ErasureView.as_view(), name="erasure"),
    path("privacy/exports", api.ExportListView.as_view(), name="exports"),
    path("privacy/exports/<slug:public_id>/archive", api.ArchiveView.as_view(), name="export-archive"),
]
