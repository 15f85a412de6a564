"""The origin of a model version in words, for staff: its manifest and the figures of its training."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from predictions.models import ModelVersion
from predictions.versions.people import people_of
from predictions.viralscore.subscores import PARTS, VALUE, Evidence, Record

DIGEST_SHOWN = 8
_TOLD = ("prior", "rows", "accounts", "span", "until", "metrics", "pseudonyms", "libraries", "data_sha256")
"""Entries of a manifest that have words of their own; others are listed by name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table: a name and what it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A line of the table of ViralScore: a part or V itself, and how it ranked later posts within accounts."""

    name: str
    correlation: str
    interval: str
    posts: int
    accounts: int
    shown: str
    weight: str
    people: str
    """Share of pairs on which people agree with it, in words; a dash where people are asked nothing of it."""


def readable_name(version: ModelVersion) -> str:
    """Return e.g. "v1.3.0 of 3 Nov 2026 (a1b2c3d4)": the name, the day and the first letters of the digest."""
    return f"{version.name} of {_day(version.created_at)} ({version.signature[:DIGEST_SHOWN]})"


def facts_of(version: ModelVersion) -> list[Fact]:
    """Return the version's manifest and the figures of its training as a table."""
    return [Fact(name, str(value)) for name, value in _facts(version.manifest, version.metrics)]


def learned_from(manifest: Mapping[str, Any]) -> str:
    """Return what a version learned from in one sentence; the manifest may be a part of it, with nulls (`learned`)."""
    if manifest.get("rows") is None:
        return "Nothing is noted of what it learned from."
    posts = f"{manifest['rows']:,} posts of {manifest['accounts']:,} accounts"
    known = f", as known on {_moment(manifest['until'])}" if manifest.get("until") else ""
    if manifest.get("prior"):
        return f"{posts}{known}: too few, so growth and usual levels alone were learned and the rest is the prior."
    return f"{posts}{known}."


def _facts(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if "rows" in manifest:
        yield "Learned from", f"{manifest['rows']:,} posts of {manifest['accounts']:,} accounts"
    if span := manifest.get("span"):
        yield "Posts published", f"{_moment(span[0])} to {_moment(span[1])}"
    if manifest.get("until"):
        yield "As known on", _moment(manifest["until"])
    if manifest.get("prior"):
        yield "Kind", "the prior, with growth and usual levels learned: there were too few accounts for more"
    errors = manifest.get("metrics", {})
    if "log_mae" in errors:
        yield "Off by, on accounts it had not seen", _off(errors["log_mae"])
    if "mape" in errors:
        yield "Mean error of the point forecast there", f"{100 * errors['mape']:.1f} %"
    if reason := metrics.get("trained_because"):
        yield "Trained because", reason
    if seconds := metrics.get("training_seconds"):
        yield "Training took", f"{seconds:,.0f} s"
    if "data_sha256" in manifest:
        yield "Fingerprint of what it learned from", f"{manifest['data_sha256'][:16]}…"
    for name, value in sorted(manifest.items()):
        if name not in _TOLD and not isinstance(value, dict | list):
            yield name.replace("_", " ").capitalize(), value
    if libraries := manifest.get("libraries"):
        yield "Libraries", ", ".join(f"{name} {number}" for name, number in sorted(libraries.items()))


def evidence_of(manifest: Mapping[str, Any]) -> list[EvidenceRow]:
    """Return the evidence for V and its parts as they were validated with the version's training; empty without it."""
    record = Record.of_manifest(manifest)
    return evidence_rows(record) if record else []


def evidence_rows(record: Record) -> list[EvidenceRow]:
    """Return the evidence that a record holds for V and its parts."""
    evidence = {**record.evidence, VALUE: record.value_evidence}
    people = people_of(record)
    return [_evidence_row(name, evidence.get(name), record, people.get(name, "–")) for name in (*PARTS, VALUE)]


def _evidence_row(name: str, evidence: Evidence | None, record: Record, people: str) -> EvidenceRow:
    if evidence is None:
        return EvidenceRow(name, "–", "–", 0, 0, "no: too little to learn from", "–", people)
    is_known = not math.isnan(evidence.low)
    weight = record.weights.get(name)
    return EvidenceRow(
        name=name,
        correlation=f"{evidence.correlation:.3f}" if is_known else "–",
        interval=f"{evidence.low:.3f} to {evidence.high:.3f}" if is_known else "–",
        posts=evidence.posts,
        accounts=evidence.accounts,
        shown="yes"
        if evidence.is_enough
        else "no: its lower bound is not above zero"
        if is_known
        else "no: too few accounts",
        weight="–" if weight is None else f"{weight:.2f}",
        people=people,
    )


def off_by(log_error: float | None) -> str:
    """Return a mean |log error| as people read it: "off by 42 %"; a dash without one."""
    return "–" if log_error is None else _off(log_error)


def _off(log_error: float) -> str:
    return f"{100 * math.expm1(log_error):.0f} %"


def _moment(seconds: int) -> str:
    return _day(datetime.fromtimestamp(seconds, UTC))


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
