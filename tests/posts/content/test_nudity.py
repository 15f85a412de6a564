"""The check for nudity, by a network that takes red pictures for it, and by the real one where it is installed."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posts.content.pictures import Nudity, measure_draft_cover, use_networks_in
from posts.content.pictures.exporting import CannotExport, export_nudity_network
from posts.content.pictures.networks import read_network
from posts.content.pictures.nudity import NUDITY_NETWORK, nudity_score
from tests.posts.content.drawn import ASTRONAUT, encoded, of_levels, texture


def write_red_detector(path: Path, outputs: int = 2) -> Path:
    """Write a network of open_nsfw's shape whose score is the mean of red."""
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    weights = np.zeros((3, outputs), dtype=np.float32)
    # the third channel is red, less 123; the first output is what the second lacks to one
    weights[2, 0], weights[2, -1] = -1 / 255, 1 / 255
    bias = np.full(outputs, 123 / 255, dtype=np.float32)
    bias[0] = 1 - 123 / 255
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Gemm", ["mean", "weights", "bias"], ["scores"]),
        ],
        "red",
        [helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, [None, 224, 224, 3])],
        [helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, [None, outputs])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder in use, with the network."""
    manifest = export_nudity_network(tmp_path / "networks", write_red_detector(tmp_path / "red.onnx"))
    assert manifest["licence"].startswith("BSD-2-Clause")
    use_networks_in(str(tmp_path / "networks"))
    yield tmp_path / "networks"
    use_networks_in("")


def test_a_picture_is_warned_of_from_the_threshold_on(folder: Path) -> None:
    # the mean of red of 0.79 and 0.81
    results = [measure_draft_cover(encoded(Image.new("RGB", (90, 160), (red, 0, 90)))).nudity for red in (201, 207)]
    assert results == [Nudity.FINE, Nudity.MAY_BREAK_RULES]


def test_without_the_network_or_with_a_damaged_one_it_is_not_checked(folder: Path) -> None:
    red = encoded(Image.new("RGB", (90, 160), (250, 0, 0)))
    (folder / "nudity.json").write_text(json.dumps({"sha256": "00" * 32}))
    assert measure_draft_cover(red).nudity == Nudity.NOT_CHECKED
    use_networks_in("")
    assert measure_draft_cover(red).nudity == Nudity.NOT_CHECKED


def test_a_file_that_scores_no_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged.onnx").write_bytes(b"no network")
    for file in (tmp_path / "damaged.onnx", write_red_detector(tmp_path / "one.onnx", outputs=1)):
        with pytest.raises(CannotExport, match="does not score pictures as open_nsfw does"):
            export_nudity_network(tmp_path / "networks", file)
    assert not (tmp_path / "networks").exists()


def test_ordinary_pictures_are_fine(tmp_path: Path) -> None:
    try:
        export_nudity_network(tmp_path)
    except CannotExport as error:
        pytest.skip(str(error))
    network = read_network(tmp_path, NUDITY_NETWORK)
    photo = Image.open(ASTRONAUT).convert("RGB")
    for picture in (photo, of_levels(texture(300, 200)), Image.new("RGB", (1, 1)), Image.new("RGB", (9, 500), "white")):
        assert nudity_score(picture, network) < 0.2
