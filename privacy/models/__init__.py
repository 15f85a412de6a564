"""What privacy itself keeps, a module for each promise."""

from privacy.models.consents import Consent, Through
from privacy.models.erasures import Erasure
from privacy.models.exports import DataExport, ExportPart
from privacy.models.legal import STAMPS, PersonalData, StampedQuerySet
from privacy.models.retention import RetentionRun
from privacy.models.trail import AccessEvent, SubjectKey

__all__ = [
    "STAMPS",
    "AccessEvent",
    "Consent",
    "DataExport",
    "Erasure",
    "ExportPart",
    "PersonalData",
    "RetentionRun",
    "StampedQuerySet",
    "SubjectKey",
    "Through",
]
