"""People: creators who sign in with TikTok, or with a password where there is no TikTok, and staff."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser

from privacy.declarations.columns import Column, Kind
from privacy.models import PersonalData, StampedQuerySet


class UserManager(BaseUserManager["User"]):
    """Users without an e-mail address: TikTok gives none and none is asked for."""

    def get_queryset(self) -> StampedQuerySet["User"]:
        """Return a queryset that stamps rows, as for all tables of people's data."""
        return StampedQuerySet(self.model, using=self._db)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who may sign in with TikTok, or with the password if one is given."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Make a staff member with every permission (`manage.py createsuperuser`)."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


def _password(user: "User") -> str:
    return "a password's hash" if user.has_usable_password() else "none: you sign in with TikTok"


class User(PersonalData, AbstractUser):
    """A person: a creator who signs in with TikTok, or staff with a password."""

    implicit_columns = {
        "id": Column(Kind.PERSONAL, "The number of your row here"),
        "username": Column(
            Kind.PERSONAL,
            "A random name that stands for you here; staff, and people without TikTok, choose theirs",
            identifying=True,
        ),
        "password": Column(
            Kind.PERSONAL,
            "Whether a password is kept: only staff and people without TikTok have one",
            exported=_password,
        ),
        "last_login": Column(Kind.PERSONAL, "When you last signed in"),
        "date_joined": Column(Kind.PERSONAL, "When you first signed in"),
        "is_active": Column(Kind.PERSONAL, "Whether you may sign in"),
        "is_staff": Column(Kind.PERSONAL, "Whether you are staff of this service"),
        "is_superuser": Column(Kind.PERSONAL, "Whether you are staff with every permission"),
    }

    # inherited personal fields that Postcast has no use for are not collected
    email = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta(AbstractUser.Meta):
        permissions = [("erase_user", "Can have people erased")]
