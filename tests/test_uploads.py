"""What comes with a request stays in memory, and no more of it than is allowed."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _no_disk(settings: Any) -> None:
    """A file for an upload cannot be made."""
    settings.FILE_UPLOAD_TEMP_DIR = "/nowhere"


def uploaded(*sizes: int) -> list[Any]:
    """Files of these sizes, as a view gets them."""
    files = [SimpleUploadedFile(f"{number}.jpg", bytes([number]) * size) for number, size in enumerate(sizes)]
    return RequestFactory().post("/", {"media": files, "text": "Sunset"}).FILES.getlist("media")


@pytest.mark.parametrize("size", [1, 100_000, 5 * MB])
def test_a_file_is_there_as_it_was_sent(size: int) -> None:
    [file] = uploaded(size)
    assert (file.name, file.size) == ("0.jpg", size)
    assert file.read() == bytes(size)


def test_of_what_is_too_large_only_the_size_is_known() -> None:
    sizes = (2 * MB, 4 * MB, 20 * MB)
    files = uploaded(*sizes)
    assert tuple(file.size for file in files) == sizes
    held = [file.read() for file in files]
    assert [len(each) for each in held] == [2 * MB, 3 * MB, 0]
    assert set(held[1]) == {1}
