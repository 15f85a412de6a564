"""Read API tokens."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import APIToken, User
from config.postgres.prepared import prepared_cursor

_TOKEN = [field.attname for field in APIToken._meta.concrete_fields]
_PERSON = [field.attname for field in User._meta.concrete_fields]
# names of columns, which are ours
_USABLE = f"""
SELECT {", ".join(f"token.{name}" for name in _TOKEN)}, {", ".join(f"person.{name}" for name in _PERSON)}
FROM {APIToken._meta.db_table} AS token JOIN {User._meta.db_table} AS person ON person.id = token.user_id
WHERE token.digest = %s AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > %s)
    AND person.is_active
"""  # noqa: S608


def api_tokens_of(user: User) -> QuerySet[APIToken]:
    """Return the person's API tokens that were not revoked, newest first."""
    return APIToken.objects.filter(user=user, revoked_at=None)


def usable_api_token(digest: str, now: datetime) -> APIToken | None:
    """Return the token with this digest and its person; None if it is revoked or expired, or the person inactive."""
    with prepared_cursor() as cursor:
        cursor.execute(_USABLE, [digest, now])
        row = cursor.fetchone()
    if row is None:
        return None
    token = APIToken.from_db("default", _TOKEN, row[: len(_TOKEN)])
    token.user = User.from_db("default", _PERSON, row[len(_TOKEN) :])
    return token
