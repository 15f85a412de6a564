"""What privacy does when people sign in."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from privacy.consent import consent_given, consent_withdrawn
from privacy.declarations import subject_of, tables
from privacy.metrics import ANCHORED, LATE_RULES
from privacy.models import AccessEvent, PersonalData
from privacy.purging import late_rules
from privacy.purposes import Purpose
from privacy.replaying import reason_to_stay_shut
from privacy.returning import spare_who_came_back
from privacy.tasks import extend_retention
from privacy.texts import current_text
from privacy.trail import last_anchored, make_key, record
from telemetry.signals import metrics_scraped, readiness_asked


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def give_key(instance: Any, created: bool, raw: bool, **_: Any) -> None:
    """Whoever is new can stand in the trail."""
    if created and not raw:
        make_key(user_id=instance.pk)


@receiver(consent_given)
@receiver(consent_withdrawn)
def record_consent(user_id: int, purpose: Purpose, **_: Any) -> None:
    """In the transaction of the change itself."""
    record(action=AccessEvent.Action.CONSENT, subjects=[user_id], what=current_text(purpose).title)


@receiver(consent_given)
def let_rows_rest_on_it(user_id: int, purpose: Purpose, **_: Any) -> None:
    """What stood here without consent, such as the account that had to be recognised to be asked, has it now."""
    subject = subject_of(user_id)
    for table in tables():
        model = apps.get_model(table.model) if table.personal else None
        if model and issubclass(model, PersonalData):
            without = table.rows_of(subject).filter(consent_version=f"{purpose}:none")
            model.objects.filter(pk__in=without.values("pk")).update()


@receiver(readiness_asked)
def keep_the_erased_out(**_: Any) -> str:
    """A restored backup must not serve people who were erased since."""
    return reason_to_stay_shut()


@receiver(metrics_scraped)
def show_late_retention(**_: Any) -> None:
    """Asked of the database, and so the same in every process, and right even while beat is dead."""
    LATE_RULES.set(len(late_rules()))


@receiver(metrics_scraped)
def show_last_anchor(**_: Any) -> None:
    """As Redis knows it, for the same reason."""
    last = last_anchored()
    ANCHORED.set(last.timestamp() if last else 0)


@receiver(user_logged_in)
def spare_who_signs_in(user: Any, **_: Any) -> None:
    """Said, not looked up: Django may be about to set `last_login`."""
    spare_who_came_back(user_id=user.pk, signs_in=True)


@receiver(consent_given)
def spare_who_agrees(user_id: int, **_: Any) -> None:
    """As for who signs in: what was asked for because they had taken their consent back."""
    spare_who_came_back(user_id=user_id)


@receiver(user_logged_in)
def keep_for_longer(user: Any, **_: Any) -> None:
    """In the background: it may be many rows."""
    transaction.on_commit(lambda: extend_retention.delay(user.pk), robust=True)
