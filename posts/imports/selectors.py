"""Reads of imports for pages and the API."""

from django.db.models import QuerySet

from accounts.models import User
from posts.models import Import, ImportRow


def imports_of(user: User) -> QuerySet[Import]:
    """Return the person's imports, newest first."""
    return Import.objects.filter(account__user=user.pk).select_related("account")


def latest_with_themes(account_id: int) -> Import | None:
    """Return the account's latest import that was stored and whose comments had themes; None without one."""
    return Import.objects.filter(account=account_id, state=Import.State.DONE).exclude(themes=[]).first()


def open_import_of(user: User) -> Import | None:
    """Return the import of the person that is not done with; None without one."""
    return imports_of(user).filter(state__in=Import.OPEN).first()


def rows_of(upload: Import, outcome: str = "") -> QuerySet[ImportRow]:
    """Return the import's rows in the order of the file, those of one outcome if it is named; without their content."""
    rows = upload.rows.defer("sealed")
    return rows.filter(outcome=outcome) if outcome in ImportRow.Outcome.values else rows
