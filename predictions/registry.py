"""Model versions: registered with a signed hash, checked before loading, kept in memory while they serve."""

import hashlib
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from django.core import signing
from django.db import DatabaseError, connections, transaction
from threadpoolctl import threadpool_limits

from predictions.engine import GlobalModel, UnreadableModel
from predictions.models import ModelEvent, ModelVersion

log = structlog.get_logger(__name__)

PRIOR_NAME = "prior"
REFUSED = "The current way of forecasting is not available at the moment; this forecast comes from {name}."
RETRY_SECONDS = 60.0
"""A model version that was refused is tried again after this long, not with every forecast."""

_SIGNER = signing.Signer(salt="predictions.registry.artefact")
_VERSION_NAME = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


class RefusedArtefact(Exception):
    """The artefact is not the one that was registered, or is no model; the message says which."""


class InvalidVersionName(ValueError):
    """The name is not of the form v1.2.3, or is taken; the message says which."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A global model in memory. `version_id` is None for the prior, which needs no training."""

    version_id: int | None
    name: str
    model: GlobalModel
    warnings: tuple[str, ...] = ()


def register(
    *, model: GlobalModel, metrics: Mapping[str, Any], name: str | None = None, promote: bool = False, by: str = ""
) -> ModelVersion:
    """Store a model as a new version, by default named one minor version after the newest; `promote` lets it serve.

    Raises InvalidVersionName.
    """
    artefact = model.to_bytes()
    with transaction.atomic():
        taken = {version.name for version in lock_versions()}
        name = name or _next_name(taken)
        if not _VERSION_NAME.fullmatch(name):
            raise InvalidVersionName(f"{name!r} is no version name; expected the form v1.2.3.")
        if name in taken:
            raise InvalidVersionName(f"The name {name} is taken: model versions are never changed.")
        version = ModelVersion.objects.create(
            name=name, artefact=artefact, signature=_sign(artefact), manifest=model.manifest, metrics=dict(metrics)
        )
        if promote:
            make_champion(version, by=by, reason="Promoted as it was registered, without a comparison.")
    return version


def make_champion(
    version: ModelVersion | None,
    *,
    kind: ModelEvent.Kind = ModelEvent.Kind.PROMOTED,
    by: str = "",
    reason: str = "",
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Let the version (None: the prior) serve from now on, and record why; the one that served before is retired.

    Each forecast reads the champion's id, so every worker follows with its next one. A canary is compared with one
    champion: it ends with that.
    """
    with transaction.atomic():
        versions = lock_versions()
        before = next((v for v in versions if v.role == ModelVersion.Role.CHAMPION), None)
        if before == version:
            return
        end_canary(by=by, reason="The champion changed.")
        if before:
            _save(before, role=ModelVersion.Role.RETIRED)
        if version:
            _save(version, role=ModelVersion.Role.CHAMPION, canary_share=0.0)
        ModelEvent.objects.create(
            kind=kind, from_version=before, to_version=version, by=by, reason=reason, figures=dict(figures or {})
        )
    log.info("champion_changed", kind=kind, version=version.name if version else PRIOR_NAME, reason=reason)


def end_canary(*, by: str, reason: str, figures: Mapping[str, Any] | None = None) -> ModelVersion | None:
    """Let the champion answer everybody again, and record why; the version whose canary ended, if one ran."""
    with transaction.atomic():
        versions = lock_versions()
        canary = next((v for v in versions if v.canary_share > 0), None)
        if canary is None:
            return None
        champion = next((v for v in versions if v.role == ModelVersion.Role.CHAMPION), None)
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


def lock_versions() -> list[ModelVersion]:
    """All versions without their artefacts, locked until the transaction ends: what serves is decided one at a time.

    The lock lets rows that refer to versions be written meanwhile: forecasts do not wait for it.
    """
    return list(ModelVersion.objects.select_for_update(no_key=True).order_by("id"))


def load(version: ModelVersion) -> GlobalModel:
    """The model in a version's artefact. Raises RefusedArtefact, before anything in the artefact was interpreted."""
    artefact = bytes(version.artefact)
    try:
        signed_hash = _SIGNER.unsign(version.signature)
    except signing.BadSignature as error:
        raise RefusedArtefact(f"The signature of {version.name} was not made with this service's key.") from error
    if signed_hash != _hash(artefact):
        raise RefusedArtefact(f"The artefact of {version.name} is not the one that was registered.")
    try:
        # Reading a model with many threads before the fork would leave its children waiting for threads they lack.
        with threadpool_limits(1):
            return GlobalModel.from_bytes(artefact)
    except UnreadableModel as error:
        raise RefusedArtefact(f"The artefact of {version.name} cannot be read: {error}") from error


class Registry:
    """The models that this process serves: the champion and, during a canary, a challenger.

    Threads share them: one loads a new champion, the others go on with the old.
    """

    def __init__(self) -> None:
        self._current: LoadedModel | None = None
        self._challenger: LoadedModel | None = None
        self._loading = threading.Lock()
        self._refused: dict[int, float] = {}

    def serving(self, champion_id: int | None) -> LoadedModel:
        """The champion's model, loaded now if it changed; where it is refused the one before it, with a warning."""
        current = self._current
        if current is None or (current.version_id != champion_id and not self._recently_refused(champion_id)):
            current = self._follow(champion_id)
        if current.version_id != champion_id and self._recently_refused(champion_id):
            name = "a rule of thumb" if current.version_id is None else f"another one, {current.name}"
            return replace(current, warnings=(REFUSED.format(name=name),))
        return current

    def to_learn_beside(self, champion_id: int | None) -> LoadedModel:
        """The champion's model or, where it is refused, the prior.

        Not what this process held before: all that refuse it learn beside the same, or they would undo each other's
        work.
        """
        serving = self.serving(champion_id)
        return _prior() if self._recently_refused(champion_id) else serving

    def challenger(self, version_id: int) -> LoadedModel | None:
        """The model of a canary, loaded now if it is another than before; None while another thread loads.

        Raises RefusedArtefact.
        """
        held = self._challenger
        if held is None or held.version_id != version_id:
            if self._recently_refused(version_id):
                raise RefusedArtefact("The canary's model was refused a moment ago.")
            if not self._loading.acquire(blocking=False):
                return None
            try:
                held = self._challenger = None  # given up before the next is read: never three models in memory
                self._challenger = held = self._load(version_id)
            finally:
                self._loading.release()
            if held is None:
                raise RefusedArtefact("The canary's model was refused; the log says why.")
        return held

    def _follow(self, champion_id: int | None) -> LoadedModel:
        # with nothing to serve meanwhile, wait for the thread that loads
        if self._loading.acquire(blocking=self._current is None):
            try:
                if self._current is None or self._current.version_id != champion_id:
                    if self._challenger and self._challenger.version_id != champion_id:
                        self._challenger = None  # its canary ended with the champion
                    self._current = self._load(champion_id) or self._current or _prior()
            finally:
                self._loading.release()
        assert self._current is not None
        return self._current

    def _load(self, version_id: int | None) -> LoadedModel | None:
        """None for a version that is refused."""
        if version_id is None:
            return _prior()
        if self._challenger is not None and self._challenger.version_id == version_id:
            return self._challenger
        version = ModelVersion.objects.get(pk=version_id)
        try:
            loaded = LoadedModel(version_id, version.name, load(version))
        except RefusedArtefact as error:
            log.error("model_refused", version=version.name, reason=str(error))
            self._refused[version_id] = time.monotonic()
            return None
        log.info("model_loaded", version=version.name)
        return loaded

    def _recently_refused(self, version_id: int | None) -> bool:
        refused = None if version_id is None else self._refused.get(version_id)
        return refused is not None and time.monotonic() - refused < RETRY_SECONDS


registry = Registry()


def champion_id() -> int | None:
    """The primary key of the model version that serves; None while there is only the prior."""
    return ModelVersion.objects.filter(role=ModelVersion.Role.CHAMPION).values_list("pk", flat=True).first()


def preload() -> None:
    """Load the champion into a server's parent process: its workers share it after the fork.

    It is not run there, and no database connection is left for the workers to share. A database that is away, or has no
    tables yet, only means that each worker loads the model with its first forecast.
    """
    try:
        registry.serving(champion_id())
    except DatabaseError as error:
        log.warning("model_not_preloaded", reason=str(error))
    finally:
        connections.close_all()


def _save(version: ModelVersion, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(version, name, value)
    version.save(update_fields=list(changes))


def _prior() -> LoadedModel:
    return LoadedModel(None, PRIOR_NAME, GlobalModel.prior())


def _hash(artefact: bytes) -> str:
    return hashlib.sha256(artefact).hexdigest()


def _sign(artefact: bytes) -> str:
    return _SIGNER.sign(_hash(artefact))


def _next_name(taken: set[str]) -> str:
    numbers = [tuple(map(int, match.groups())) for name in taken if (match := _VERSION_NAME.fullmatch(name))]
    if not numbers:
        return "v1.0.0"
    major, minor, _ = max(numbers)
    return f"v{major}.{minor + 1}.0"
