"""Django's admin, behind a second factor."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """The admin whose site is ours."""

    default_site = "accounts.staff.site.StaffSite"
