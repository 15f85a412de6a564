"""Check passwords, which only staff have, behind the limits: at whatever door they are given."""

from functools import partial
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from accounts.staff.tries import id_of, one_try
from config.rate_limits import Limit, subjects


class PasswordBackend(ModelBackend):
    """Django's backend, refusing before it hashes where there were too many tries."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """Return the person; raises RateLimited, and PermissionDenied so that no other backend hashes once more."""
        if request is None or not username or not password:
            return None
        with one_try(request, Limit.PASSWORD, subjects.name(username), user_id=partial(id_of, username)) as verdict:
            user = super().authenticate(request, username=username, password=password)
            verdict.right = user is not None
        if user is None:
            raise PermissionDenied
        assert isinstance(user, User)
        return user
