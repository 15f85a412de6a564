"""Writes of model versions: registering, promoting, the canary's share, rolling back."""

import re
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from config.build import build_commit
from predictions.engine import GlobalModel
from predictions.models import ModelEvent, ModelVersion
from predictions.versions.artefacts import RefusedArtefact, load, sign
from predictions.versions.registry import PRIOR_NAME
from predictions.versions.selectors import MAY_NOT_SERVE, learned_from_forgotten, lock_roles, prefetch_versions

log = structlog.get_logger(__name__)

_VERSION_NAME = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


class InvalidVersionName(ValueError):
    """The name is not of the form v1.2.3, or is taken; the message says which."""


class CannotStartCanary(Exception):
    """Nothing was changed; the message tells staff why."""


class CannotRollBack(Exception):
    """Nothing was changed; the message tells staff why."""


def register(
    *, model: GlobalModel, metrics: Mapping[str, Any], name: str | None = None, promote: bool = False, by: str = ""
) -> ModelVersion:
    """Store a model as a new version with the build that made it, and return it; `promote` lets it serve.

    Without a name it is named one minor version after the newest. Raises InvalidVersionName.
    """
    artefact = model.to_bytes()
    with transaction.atomic():
        taken = {version.name for version in lock_roles().versions}
        name = name or _next_name(taken)
        if not _VERSION_NAME.fullmatch(name):
            raise InvalidVersionName(f"{name!r} is no version name; expected the form v1.2.3.")
        if name in taken:
            raise InvalidVersionName(f"The name {name} is taken: model versions are never changed.")
        version = ModelVersion.objects.create(
            name=name,
            artefact=artefact,
            signature=sign(artefact),
            manifest=model.manifest | {"build": build_commit()},
            metrics=dict(metrics),
        )
        if promote:
            make_champion(version, by=by, reason="Promoted at registration, without a comparison.")
    return version


def promote(*, version: ModelVersion, by: str, reason: str) -> None:
    """Let the version serve without a comparison. Raises RefusedArtefact if it cannot be loaded, or may not serve."""
    load(version)
    if learned_from_forgotten(version):
        raise RefusedArtefact(f"{version} {MAY_NOT_SERVE}")
    make_champion(version, by=by, reason=reason)


def make_champion(
    version: ModelVersion | None,
    *,
    kind: ModelEvent.Kind = ModelEvent.Kind.PROMOTED,
    by: str = "",
    reason: str = "",
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Let the version (None: the prior) serve, retire the previous champion, end the canary, and record the decision.

    Every worker follows with its next forecast, which reads the champion's id.
    """
    with transaction.atomic():
        before = lock_roles().champion
        if before == version:
            return
        # a canary is compared with one champion
        end_canary(by=by, reason="The champion changed.")
        if before:
            _save(before, role=ModelVersion.Role.RETIRED)
        if version:
            _save(version, role=ModelVersion.Role.CHAMPION, canary_share=0.0)
        ModelEvent.objects.create(
            kind=kind, from_version=before, to_version=version, by=by, reason=reason, figures=dict(figures or {})
        )
    log.info("champion_changed", kind=kind, version=version.name if version else PRIOR_NAME, reason=reason)


def start_canary(*, version: ModelVersion, share: float, by: str) -> None:
    """Let the version serve a share of accounts (0 to 1) from their next forecast on, or change a running share.

    Raising the share keeps the accounts that it serves already. Raises CannotStartCanary.
    """
    if not 0 < share <= 1:
        raise CannotStartCanary(f"The share is {share}; expected more than 0 and at most 1, e.g. 0.05.")
    with transaction.atomic():
        versions, champion, canary = lock_roles()
        version = next(locked for locked in versions if locked.pk == version.pk)
        if version == champion:
            raise CannotStartCanary(f"{version.name} is the champion: it serves everybody already.")
        if canary not in {None, version}:
            raise CannotStartCanary(f"{canary} is on canary; end that first.")
        if learned_from_forgotten(version):
            raise CannotStartCanary(f"{version} {MAY_NOT_SERVE}")
        try:
            load(version)
        except RefusedArtefact as error:
            raise CannotStartCanary(str(error)) from error
        _save(version, role=ModelVersion.Role.CHALLENGER, canary_share=share)
        ModelEvent.objects.create(
            kind=ModelEvent.Kind.CANARY_STARTED,
            from_version=champion,
            to_version=version,
            by=by,
            reason=f"Serves {share:.1%} of accounts.",
            figures={"share": share},
        )
    log.info("canary_started", version=version.name, share=share)


def end_canary(*, by: str, reason: str, figures: Mapping[str, Any] | None = None) -> ModelVersion | None:
    """Let the champion serve all accounts again, record why, and return the version that was on canary, if any."""
    with transaction.atomic():
        _, champion, canary = lock_roles()
        if canary is None:
            return None
        figures = {"share": canary.canary_share, **(figures or {})}
        _save(canary, canary_share=0.0)
        ModelEvent.objects.create(
            kind=ModelEvent.Kind.CANARY_ENDED,
            from_version=champion,
            to_version=canary,
            by=by,
            reason=reason,
            figures=figures,
        )
    log.info("canary_ended", version=canary.name, reason=reason)
    return canary


def rollback_target(champion: ModelVersion | None) -> ModelVersion | None:
    """Return the last champion before this one's promotion that may serve again, or None for the prior.

    Champions that were rolled back from are skipped, or two versions would alternate; so are versions that workers
    would refuse. Raises CannotRollBack.
    """
    if champion is None:
        raise CannotRollBack("There is nothing to roll back: only the prior serves.")
    promotions = ModelEvent.objects.filter(kind=ModelEvent.Kind.PROMOTED)
    promotion = promotions.filter(to_version=champion).first()
    if promotion is None:
        raise CannotRollBack(f"The champion before {champion.name} is not recorded.")
    rolled_back = ModelEvent.objects.filter(
        kind=ModelEvent.Kind.ROLLED_BACK, from_version=OuterRef("from_version"), pk__gt=OuterRef("pk")
    )
    earlier = promotions.filter(~Exists(rolled_back), pk__lte=promotion.pk).exclude(from_version=champion)
    for event in earlier.prefetch_related(prefetch_versions("from_version")):
        version = event.from_version
        if version is None:
            return None
        if learned_from_forgotten(version):
            continue
        try:
            load(version)
        except RefusedArtefact as error:
            log.error("model_refused", version=version.name, reason=str(error))
            continue
        return version
    return None


def roll_back(*, champion_id: int | None, by: str, reason: str) -> ModelVersion | None:
    """Let the previous champion (None: the prior) serve again and return it.

    `champion_id` is the champion to replace: nothing happens if another one serves meanwhile. Raises CannotRollBack.
    """
    with transaction.atomic():
        champion = lock_roles().champion
        if (champion.pk if champion else None) != champion_id:
            serves = f"{champion.name} serves" if champion else "the prior serves"
            raise CannotRollBack(f"The champion changed meanwhile: {serves} now. Nothing was changed.")
        target = rollback_target(champion)
        make_champion(target, kind=ModelEvent.Kind.ROLLED_BACK, by=by, reason=reason)
    return target


def _save(version: ModelVersion, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(version, name, value)
    version.save(update_fields=list(changes))


def _next_name(taken: set[str]) -> str:
    """Return v1.0.0, or one minor version after the newest of `taken`."""
    numbers = [tuple(map(int, match.groups())) for name in taken if (match := _VERSION_NAME.fullmatch(name))]
    if not numbers:
        return "v1.0.0"
    major, minor, _ = max(numbers)
    return f"v{major}.{minor + 1}.0"
