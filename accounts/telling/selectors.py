"""Read notices."""

from django.db.models import BooleanField, Case, QuerySet, Value, When

from accounts.models import Notice, User


def notices_of(user: User) -> QuerySet[Notice]:
    """Return the person's notices with their accounts, newest first."""
    return Notice.objects.filter(user=user.pk).select_related("account")


def unread_first(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """Return the notices with the unread ones before the others, each newest first."""
    is_read = Case(When(read_at=None, then=Value(False)), default=Value(True), output_field=BooleanField())
    return notices.order_by(is_read.asc(), "-created_at", "-pk")


def count_unread(user_id: int) -> int:
    """Return how many notices the person has not read. One query of an index."""
    return Notice.objects.filter(user=user_id, read_at=None).count()
