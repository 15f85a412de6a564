"""The operator of this installation, for templates."""

from dataclasses import dataclass

from django import template
from django.conf import settings

register = template.Library()


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator of this installation; each is empty where the operator did not set it."""

    name: str
    address: list[str]
    """In lines."""
    contact: str
    """An address that a link leads to: `mailto:`, `https:` or `tel:`."""

    @property
    def contact_text(self) -> str:
        """Return the contact as people read it: without `mailto:` or `tel:`."""
        return self.contact.removeprefix("mailto:").removeprefix("tel:")


@register.simple_tag
def operator() -> Operator:
    """Return the operator, from the settings."""
    lines = [line.strip() for line in settings.OPERATOR_ADDRESS.split(",")]
    return Operator(settings.OPERATOR_NAME, [line for line in lines if line], settings.OPERATOR_CONTACT)
