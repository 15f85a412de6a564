"""What privacy itself keeps, a module for each promise."""

from privacy.models.consents import Consent, Through
from privacy.models.legal import STAMPS, PersonalData

__all__ = ["STAMPS", "Consent", "PersonalData", "Through"]
