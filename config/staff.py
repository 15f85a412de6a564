"""The app of Django's admin, with our site: it asks for a second factor."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin with `StaffSite` as its default site."""

    default_site = "accounts.staff.site.StaffSite"
