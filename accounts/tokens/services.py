"""Make and revoke API tokens, and note their use."""

import hashlib
import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import APIToken, User
from config.api.scopes import Scope
from config.rate_limits.remembered import end_what_is_remembered
from privacy.anonymity.blanking import blank_contacts
from privacy.consent.selectors import require
from privacy.purposes import Purpose

API_TOKEN_PREFIX = "pc_"  # noqa: S105 - what tokens begin with, no token
API_TOKEN_LENGTH = 40
API_TOKEN_NAME_LENGTH = 100
API_TOKEN_HINT_LENGTH = len(API_TOKEN_PREFIX) + 6
USUAL_DAYS, LONGEST_DAYS = 90, 365
"""Days for which a token is valid: where nothing else is asked for, and at most."""
LONGEST_VALIDITY = timedelta(days=LONGEST_DAYS)
MAX_API_TOKENS = 20
"""Of one person at a time, revoked and expired ones not counted."""


class TooManyTokens(Exception):
    """Raised where a person has as many tokens as one may have; the message tells them."""

    def __init__(self) -> None:
        super().__init__(
            f"You have {MAX_API_TOKENS} API tokens, and nobody may have more. Revoke one that you do not use."
        )


@transaction.atomic
def create_api_token(
    *, user: User, name: str, expires_at: datetime | None = None, scopes: Collection[str] = tuple(Scope)
) -> tuple[APIToken, str]:
    """Make a token for a program that acts for `user`; return it and its plain text, which is stored nowhere.

    Without a moment it expires in `USUAL_DAYS`. Blanks contacts in the name. Raises NoConsent if the person does not
    consent to the service, and TooManyTokens.
    """
    require(user.pk, Purpose.SERVICE)
    # one at a time for each person, so that two that come at once are counted both
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    alive = APIToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), user=user, revoked_at=None)
    if alive.count() >= MAX_API_TOKENS:
        raise TooManyTokens
    alphabet = string.ascii_letters + string.digits
    plain = API_TOKEN_PREFIX + "".join(secrets.choice(alphabet) for _ in range(API_TOKEN_LENGTH))
    token = APIToken.objects.create(
        user=user,
        name=blank_contacts(name)[:API_TOKEN_NAME_LENGTH],
        hint=plain[:API_TOKEN_HINT_LENGTH],
        digest=api_token_digest(plain),
        expires_at=expires_at or timezone.now() + timedelta(days=USUAL_DAYS),
        scopes=[each.value for each in Scope if each in scopes],
    )
    return token, plain


def revoke_api_token(*, token: APIToken, now: datetime) -> None:
    """Refuse the token from now on, in every process."""
    APIToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
    end_what_is_remembered(token.user_id)


def note_api_token_use(*, token: APIToken, now: datetime) -> None:
    """Store when the token was last used, also in the given object."""
    APIToken.objects.filter(pk=token.pk).update(last_used_at=now)
    token.last_used_at = now


def api_token_digest(plain: str) -> str:
    """Return SHA-256 in hex. A fast digest is enough: 238 random bits cannot be guessed."""
    return hashlib.sha256(plain.encode()).hexdigest()
