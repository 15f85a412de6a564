"""A sealed value opens in its own place and nowhere else, and not after any change."""

import pytest
from django.apps import apps
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from privacy.declarations.registry import tables
from privacy.erasure import running as erasure_running
from privacy.erasure import services as erasing
from privacy.erasure import steps as erasure_steps
from privacy.export import selectors as export_selectors
from privacy.export import services as exporting
from privacy.models import Erasure, Through
from privacy.sealing import SealBroken, key_id_of, seal, unseal
from tests.factories import TikTokAccountFactory

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
places = st.builds("accounts.credential:{}:{}".format, st.integers(1, 10**9), st.sampled_from(["access", "refresh"]))


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.DATA_ENCRYPTION_KEYS = {"old": OLD}


@given(text=st.text(), place=places)
def test_opens_in_its_place(text, place):
    assert unseal(seal(text, place=place), place=place) == text


@given(text=st.text(), place=places, other=places)
def test_moved_to_another_row_or_column_is_refused(text, place, other):
    sealed = seal(text, place=place)
    if other != place:
        with pytest.raises(SealBroken):
            unseal(sealed, place=other)


@given(text=st.text(max_size=50), data=st.data())
def test_a_change_of_any_byte_is_refused(text, data):
    sealed = bytearray(seal(text, place="here"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        unseal(bytes(sealed), place="here")


@given(text=st.text(max_size=50), data=st.data())
def test_a_shortened_or_lengthened_value_is_refused(text, data):
    sealed = seal(text, place="here")
    cut = data.draw(st.integers(0, len(sealed) - 1))
    for changed in (sealed[:cut], sealed + data.draw(st.binary(min_size=1, max_size=4))):
        with pytest.raises(SealBroken):
            unseal(changed, place="here")


@given(garbage=st.binary(max_size=100))
def test_garbage_is_refused(garbage):
    with pytest.raises(SealBroken):
        unseal(garbage, place="here")


def test_the_same_text_never_looks_the_same():
    assert len({seal("token", place="here") for _ in range(100)}) == 100


def test_the_text_cannot_be_read_in_the_sealed_value():
    assert b"act.secret" not in seal("act.secret", place="here")


def test_the_first_key_seals_and_all_open(settings):
    old = seal("token", place="here")
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    new = seal("token", place="here")
    assert (key_id_of(old), key_id_of(new)) == ("old", "new")
    assert unseal(old, place="here") == unseal(new, place="here") == "token"


def test_without_its_key_a_value_is_refused_by_the_name_of_the_key(settings):
    sealed = seal("token", place="here")
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW}
    with pytest.raises(SealBroken, match="'old'"):
        unseal(sealed, place="here")


def test_another_key_of_the_same_name_is_refused(settings):
    sealed = seal("token", place="here")
    settings.DATA_ENCRYPTION_KEYS = {"old": NEW}
    with pytest.raises(SealBroken):
        unseal(sealed, place="here")


@pytest.mark.django_db
def test_every_sealed_column_is_sealed_anew(settings) -> None:
    """An export and an erasure that runs go on under the new key alone."""
    user = TikTokAccountFactory().user
    export = exporting.request_export(user_id=user.pk)
    assert exporting.make(export_pk=export.pk)
    export.refresh_from_db()
    archive = b"".join(export_selectors.archive_of(export))
    erasure = erasing.request_erasure(user_id=user.pk, reason=Erasure.Reason.PERSON, through=Through.PAGE, grace=None)
    erasure_steps.STEPS["collect"](erasure)
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    call_command("rotate_encryption_keys")
    settings.DATA_ENCRYPTION_KEYS = {"new": NEW}
    assert b"".join(export_selectors.archive_of(export)) == archive
    Erasure.objects.update(steps_done=["collect"])
    assert erasure_running.run(erasure_pk=erasure.pk)


def test_every_sealed_column_is_declared_as_one() -> None:
    """By their names, which all begin alike."""
    declared = {table.model: set(table.sealed) for table in tables() if table.sealed}
    columns = {
        model._meta.label: {str(column.column) for column in model._meta.concrete_fields} for model in apps.get_models()
    }
    named = {label: {name for name in names if name.startswith("sealed")} for label, names in columns.items()}
    assert declared == {label: names for label, names in named.items() if names}
