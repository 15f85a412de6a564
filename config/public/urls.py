"""Pages that say the same to everybody."""

from django.urls import path

from config.public import views

app_name = "public"
urlpatterns = [
    path("help/", views.help_page, name="help"),
    path("docs/", views.api_docs, name="docs"),
    path("terms/", views.terms, name="terms"),
    path("imprint/", views.imprint, name="imprint"),
    path("language/", views.language, name="language"),
]
