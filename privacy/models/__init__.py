"""What privacy itself keeps, a module for each promise."""

from privacy.models.consents import Consent, Through

__all__ = ["Consent", "Through"]
