"""The models that a process serves, kept in memory and followed as the champion changes."""

import threading
import time
from dataclasses import dataclass, replace

import structlog
from django.db import DatabaseError, connections

from predictions.engine import GlobalModel
from predictions.models import ModelVersion
from predictions.versions.artefacts import RefusedArtefact, load
from predictions.versions.selectors import champion_id

log = structlog.get_logger(__name__)

PRIOR_NAME = "prior"
REFUSED = "The current way of forecasting is not available at the moment; this forecast comes from {name}."
RETRY_SECONDS = 60.0
"""A refused version is tried again after this long, not with every forecast."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A global model in memory. `version_id` is None for the prior, which needs no training."""

    version_id: int | None
    name: str
    model: GlobalModel
    warnings: tuple[str, ...] = ()


class Registry:
    """The champion and, during a canary, a challenger, shared by the process's threads.

    One thread loads a new champion while the others go on with the old one.
    """

    def __init__(self) -> None:
        self._current: LoadedModel | None = None
        self._challenger: LoadedModel | None = None
        self._loading = threading.Lock()
        self._refused: dict[int, float] = {}

    def serving(self, champion_id: int | None) -> LoadedModel:
        """Return the champion, loading it if it changed; if it is refused, the previous model with a warning."""
        current = self._current
        if current is None or (current.version_id != champion_id and not self._recently_refused(champion_id)):
            current = self._follow(champion_id)
        if current.version_id != champion_id and self._recently_refused(champion_id):
            name = "a rule of thumb" if current.version_id is None else f"the previous one, {current.name}"
            return replace(current, warnings=(REFUSED.format(name=name),))
        return current

    def to_learn_with(self, champion_id: int | None) -> LoadedModel:
        """Return the model to learn accounts with: the champion, or the prior if it is refused.

        Workers that cannot load the champion all use the prior, so that they do not overwrite each other.
        """
        serving = self.serving(champion_id)
        return _prior() if self._recently_refused(champion_id) else serving

    def challenger(self, version_id: int) -> LoadedModel | None:
        """Return the canary's model, loading it if it changed; None while another thread loads it.

        Raises RefusedArtefact.
        """
        challenger = self._challenger
        if challenger is None or challenger.version_id != version_id:
            if self._recently_refused(version_id):
                raise RefusedArtefact("The canary's model was refused a moment ago.")
            if not self._loading.acquire(blocking=False):
                return None
            try:
                challenger = self._challenger = None  # freed before the next is read: never three models in memory
                self._challenger = challenger = self._load(version_id)
            finally:
                self._loading.release()
            if challenger is None:
                raise RefusedArtefact("The canary's model was refused; the log says why.")
        return challenger

    def _follow(self, champion_id: int | None) -> LoadedModel:
        # a thread without any model to serve waits for the one that loads
        if self._loading.acquire(blocking=self._current is None):
            try:
                if self._current is None or self._current.version_id != champion_id:
                    if self._challenger and self._challenger.version_id != champion_id:
                        self._challenger = None  # a canary ends with its champion
                    self._current = self._load(champion_id) or self._current or _prior()
            finally:
                self._loading.release()
        assert self._current is not None
        return self._current

    def _load(self, version_id: int | None) -> LoadedModel | None:
        """Return the version's model; None if it is refused, which is remembered."""
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


def preload() -> None:
    """Load the champion into a server's parent process, whose workers share its memory after the fork.

    The model is not run there, and no database connection is left open. If the database cannot be reached, or has no
    tables yet, each worker loads the model with its first forecast.
    """
    try:
        registry.serving(champion_id())
    except DatabaseError as error:
        log.warning("model_not_preloaded", reason=str(error))
    finally:
        connections.close_all()


def _prior() -> LoadedModel:
    return LoadedModel(None, PRIOR_NAME, GlobalModel.prior())
