"""People: creators who sign in with TikTok, and staff with a password."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser

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


class User(PersonalData, AbstractUser):
    """A person: a creator who signs in with TikTok, or staff with a password."""

    # inherited personal fields that Postcast has no use for are not collected
    email = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    REQUIRED_FIELDS = []

    objects = UserManager()  # type: ignore[misc,assignment]

    class Meta(AbstractUser.Meta):
        permissions = [("erase_user", "Can have people erased")]
