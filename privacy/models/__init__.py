"""The tables of privacy, a module for each room, and the columns of every table of people."""

from privacy.models.consents import Consent, Through
from privacy.models.erasures import Erasure
from privacy.models.exports import DataExport, ExportPart
from privacy.models.legal import STAMPS, PersonalData, StampedQuerySet
from privacy.models.parts import Part
from privacy.models.retention import RetentionRun
from privacy.models.trail import AccessEvent, SubjectKey

__all__ = [
    "STAMPS",
    "AccessEvent",
    "Consent",
    "DataExport",
    "Erasure",
    "ExportPart",
    "Part",
    "PersonalData",
    "RetentionRun",
    "StampedQuerySet",
    "SubjectKey",
    "Through",
]
