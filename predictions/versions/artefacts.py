"""Signed artefacts: a model is loaded only from the bytes that were registered."""

import hashlib

from django.core import signing
from threadpoolctl import threadpool_limits

from predictions.engine import GlobalModel, UnreadableModel
from predictions.models import ModelVersion

# the salt is part of every stored signature
_SIGNER = signing.Signer(salt="predictions.registry.artefact")


class RefusedArtefact(Exception):
    """The artefact differs from the registered one, cannot be read, or may not serve; the message says which."""


def sign(artefact: bytes) -> str:
    """Return the artefact's SHA-256, signed with SECRET_KEY."""
    return _SIGNER.sign(hashlib.sha256(artefact).hexdigest())


def load(version: ModelVersion) -> GlobalModel:
    """Return the model in a version's artefact. Raises RefusedArtefact before interpreting unsigned bytes."""
    artefact = bytes(version.artefact)
    try:
        signed_hash = _SIGNER.unsign(version.signature)
    except signing.BadSignature as error:
        raise RefusedArtefact(f"The signature of {version.name} was not made with this service's key.") from error
    if signed_hash != hashlib.sha256(artefact).hexdigest():
        raise RefusedArtefact(f"The artefact of {version.name} is not the one that was registered.")
    try:
        # threads started before gunicorn forks would be missing in its workers, which would wait for them
        with threadpool_limits(1):
            return GlobalModel.from_bytes(artefact)
    except UnreadableModel as error:
        raise RefusedArtefact(f"The artefact of {version.name} cannot be read: {error}") from error
