"""Parts of files that only the service can read: sealed in the row or, where a bucket is configured, in an object.

An object is encrypted under a key of its own, and that key is sealed in the row. So whatever deletes the row
(retention, erasure, a new copy) makes the object unreadable in the same transaction, also while the bucket is away; its
bytes go with the next `delete_unreferenced`. A rotation of keys touches the rows alone.
"""

import secrets
from collections.abc import Iterator
from itertools import islice

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import models

from privacy import sealing
from privacy.declarations.columns import personal, plain
from privacy.models.legal import PersonalData

STORE = "objects"
"""Its name in STORAGES."""
FOLDER = "parts"
_LOOKED_UP = 500
"""Names that one query asks for."""


class PartLost(OSError):
    """The bytes of a part are gone, or are not those that were stored."""


class BucketAway(OSError):
    """The bucket could not be listed, or an object not be deleted."""


def place_of_part(part: "Part") -> str:
    """Return the place that the sealed bytes of the part are bound to."""
    return part.place()


def size_of_part(part: "Part") -> int:
    """Return how many bytes the part has, encrypted."""
    return part.object_bytes or len(part.sealed)


class Part(PersonalData):
    """A numbered part of a file. A subclass has the file and says what its bytes are bound to."""

    number = personal(models.PositiveIntegerField(), "Which part of it")
    sealed = personal(
        models.BinaryField(), "How many bytes it has, encrypted", exported=size_of_part, sealed=place_of_part
    )
    object_name = plain(
        models.CharField(max_length=64, blank=True, default="", db_default="", help_text="Empty: they are in the row."),
        "the object in the bucket that has its bytes",
    )
    object_bytes = plain(models.PositiveIntegerField(default=0, db_default=0), "how many bytes the object has")

    class Meta:
        abstract = True

    def place(self) -> str:
        """Return the place that the bytes are bound to, which each subclass says: another row's cannot be put there."""
        raise NotImplementedError

    def fill(self, content: bytes) -> bytes | None:
        """Seal the content into the row, not saved yet; return what `upload` is to store, None without a bucket."""
        if STORE not in settings.STORAGES:
            self.sealed = sealing.seal_bytes(content, place=self.place())
            return None
        key, nonce = AESGCM.generate_key(256), secrets.token_bytes(sealing.NONCE_BYTES)
        encrypted = nonce + AESGCM(key).encrypt(nonce, content, self.place().encode())
        self.sealed = sealing.seal_bytes(key, place=self.place())
        self.object_name, self.object_bytes = f"{FOLDER}/{secrets.token_hex(16)}", len(encrypted)
        return encrypted

    def upload(self, encrypted: bytes | None) -> None:
        """Store what `fill` returned, once the row is committed: an object without a row is deleted at any time.

        Raise PartLost where the bucket does not take it.
        """
        if encrypted is None:
            return
        try:
            _store().save(self.object_name, ContentFile(encrypted))
        except Exception as error:
            raise PartLost(f"{self.place()}: its object cannot be stored ({type(error).__name__})") from error

    def content(self) -> bytes:
        """Return the bytes. Raise SealBroken, and PartLost where the object is gone, altered or cannot be reached."""
        opened = sealing.unseal_bytes(bytes(self.sealed), place=self.place())
        if not self.object_name:
            return opened
        try:
            with _store().open(self.object_name) as file:
                encrypted = file.read()
        except Exception as error:
            # of another library's many kinds: a missing object, a refusal, a network that fails
            raise PartLost(f"{self.place()}: its object cannot be read ({type(error).__name__})") from error
        nonce, body = encrypted[: sealing.NONCE_BYTES], encrypted[sealing.NONCE_BYTES :]
        try:
            return AESGCM(opened).decrypt(nonce, body, self.place().encode())
        except InvalidTag as error:
            raise PartLost(f"{self.place()}: its object was altered") from error


def delete_unreferenced() -> int:
    """Delete objects whose rows are gone; return how many. Does nothing without a bucket. Raise BucketAway.

    Rows are committed before their objects are stored, so an object that is listed and has no row has none any more.
    """
    if STORE not in settings.STORAGES:
        return 0
    from botocore.exceptions import BotoCoreError, ClientError

    deleted = 0
    try:
        stored = _stored_names()
        while names := set(islice(stored, _LOOKED_UP)):
            for name in sorted(names - _referenced(names)):
                _store().delete(name)
                deleted += 1
    except (ClientError, BotoCoreError) as error:
        raise BucketAway(f"the bucket does not answer ({type(error).__name__})") from error
    return deleted


def _stored_names() -> Iterator[str]:
    _, files = _store().listdir(FOLDER)
    return (f"{FOLDER}/{file}" for file in files)


def _referenced(names: set[str]) -> set[str]:
    return {
        name
        for model in apps.get_models()
        if issubclass(model, Part)
        for name in model._base_manager.filter(object_name__in=names).values_list("object_name", flat=True)
    }


def _store() -> Storage:
    return storages[STORE]
