"""What personal data may be used for. Each purpose is consented to by itself, in the words of its current text."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """The keys under which consents are kept and data is declared."""

    SERVICE = "service"
    """Fetching an account's posts and forecasting its drafts: nothing happens without it."""
    LEARNING = "learning"
    """Learning the model that all accounts share, and watching how well it does."""
    DRAFTS = "drafts"
    """Keeping the text of drafts and captions."""
    OUTCOMES = "outcomes"
    """Comparing forecasts with what the posts became."""


class Basis(StrEnum):
    """Why data may be kept at all (GDPR, article 6)."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal obligation"
    LEGITIMATE_INTEREST = "legitimate interest"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long something is kept: in words for people, and as what a row is stamped with when it is written."""

    text: str
    period: timedelta | None = None
    """None: as long as the person's account here, whatever else may end it earlier."""

    @property
    def ends_with_account(self) -> bool:
        """Whether a sign-in makes it longer."""
        return self.period is None

    @property
    def at_most(self) -> timedelta:
        """How long a row may be kept that is written now, if its person never comes back."""
        return YEAR if self.period is None else self.period


YEAR = timedelta(days=365)
WHILE_ACTIVE = Retention(
    "as long as your account here: until you ask, or twelve months without a sign-in, or 30 days without your consent"
)


class Source(StrEnum):
    """Where data comes from."""

    TIKTOK = "tiktok"
    PERSON = "person"
    """The person told it, or did it."""
    POSTCAST = "postcast"
    """Made here, from other data."""
