"""Purposes of personal data, legal bases, retention periods and sources."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """A use of personal data. Each is consented to by itself, in the words of its current text."""

    SERVICE = "service"
    """Fetching an account's posts and forecasting its drafts: nothing happens without it."""
    LEARNING = "learning"
    """Learning the model that all accounts share, and watching how well it does."""
    DRAFTS = "drafts"
    """Keeping the text of drafts and captions."""
    OUTCOMES = "outcomes"
    """Comparing forecasts with how the posts turned out."""
    WRITING = "writing"
    """Writing captions from those that are kept."""
    COMPARING = "comparing"
    """Letting staff compare captions that are kept, two at a time."""


class Basis(StrEnum):
    """Why data may be kept at all (GDPR, article 6)."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal obligation"
    LEGITIMATE_INTEREST = "legitimate interest"


@dataclass(frozen=True, slots=True)
class Retention:
    """A retention period: in words for people, and as the period that rows are stamped with."""

    text: str
    period: timedelta | None = None
    """None: as long as the person's account here, unless something else ends it earlier."""

    @property
    def ends_with_account(self) -> bool:
        """True where a sign-in extends it."""
        return self.period is None

    @property
    def at_most(self) -> timedelta:
        """Return the longest time that a row written now is kept, if its person never comes back."""
        return YEAR if self.period is None else self.period


YEAR = timedelta(days=365)
WHILE_ACTIVE = Retention(
    "as long as your account here: until you ask, or twelve months without a sign-in, or 30 days without your consent"
)


class Source(StrEnum):
    """An origin of data."""

    TIKTOK = "tiktok"
    PERSON = "person"
    """The person entered it, or did it."""
    POSTCAST = "postcast"
    """Computed here, from other data."""
