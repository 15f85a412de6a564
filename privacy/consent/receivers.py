"""Stamping of existing rows with a new consent."""

from typing import Any

from django.apps import apps
from django.dispatch import receiver

from privacy.consent.services import consent_given
from privacy.declarations.registry import subject_of, tables
from privacy.models import PersonalData
from privacy.purposes import Purpose


@receiver(consent_given)
def stamp_with_consent(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Stamp rows that were written without consent, such as the account that was needed to ask for it."""
    subject = subject_of(user_id)
    for table in tables():
        model = apps.get_model(table.model) if table.personal else None
        if model and issubclass(model, PersonalData):
            without = table.rows_of(subject).filter(consent_version=f"{purpose}:none")
            model.objects.filter(pk__in=without.values("pk")).update()
